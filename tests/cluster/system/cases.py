"""The cases of the proof: what is done under load, and what must become of the requests.

A control is the same case without a setting that protects it. It must lose requests; otherwise the case could not have
failed, and shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.system import acts, image_acts
from tests.cluster.system.record import Verdict
from tests.cluster.system.scene import Scene

RATE = 150.0
"""Requests per second, at a constant rate whether answers come or not."""
LEAST = 5_000
"""Requests of a case, at least."""
LEAST_LOST = 20
"""Requests that a control must lose, at least: a few could be lost by chance."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that happens to the services while they are called."""

    name: str
    act: Callable[[Scene], None]
    without: str = ""
    """The protection that a control takes away; empty: it is no control."""
    new_connections: float = 0.05
    """The share of requests that open a connection of their own."""

    @property
    def expected(self) -> Verdict:
        """Returns the verdict that the case must have."""
        return Verdict.SOME_LOST if self.without else Verdict.NONE_LOST


CASES = (
    Case(name="nothing happens", act=acts.nothing),
    Case(name="a new image rolls", act=acts.new_image),
    Case(name="a setting of the pods changes", act=acts.new_setting),
    Case(name="pods are replaced, 5 s before Envoy learns of it", act=acts.late_endpoints),
    Case(
        name="pods are replaced, 5 s before Envoy learns of it",
        without="preStop and retries",
        act=acts.late_endpoints_unprotected,
    ),
    Case(name="a pod is deleted", act=acts.deleted),
    Case(name="a pod is killed, 5 s before Envoy learns of it", act=acts.deleted_by_force),
    Case(
        name="a pod is killed, 5 s before Envoy learns of it",
        without="retries",
        act=acts.deleted_by_force_without_retries,
    ),
    Case(name="pods are evicted, as by a drain", act=acts.evicted),
    Case(name="pods are evicted, as by a drain", without="the budget and retries", act=acts.all_deleted),
    Case(name="the autoscaler takes pods away", act=acts.scaled_down),
    Case(name="a canary goes to 10, 50 and 100 percent and back", act=acts.canary),
    Case(
        name="a canary goes to 10, 50 and 100 percent and back",
        without="probes and retries",
        act=acts.canary_without_probes,
    ),
    Case(name="leaf certificates are renewed", act=acts.leaves_renewed),
    Case(name="authorities are rotated", act=acts.authorities_rotated),
    Case(name="authorities are rotated", without="an overlap", act=acts.authority_swapped),
    Case(name="Envoy is replaced", act=acts.envoy_replaced),
    Case(name="Envoy is replaced", without="drain and order", act=acts.envoy_replaced_without_drain),
    Case(name="Envoy's controller is away for 30 s", act=acts.controller_away),
    Case(name="a new image crashes", act=image_acts.crashing_image),
    Case(name="a new image never gets ready", act=image_acts.unready_image),
    Case(name="a new image takes 10 s to start", act=image_acts.slow_image),
    Case(
        name="a new image takes 10 s to start", without="probes and retries", act=image_acts.slow_image_without_probes
    ),
    Case(name="a new image is not in the registry", act=image_acts.missing_image),
    Case(name="a new image takes too much memory", act=image_acts.greedy_image),
)


def title(case: Case) -> str:
    """Returns the name of a case, which is unique."""
    return f"{case.name}, without {case.without}" if case.without else case.name
