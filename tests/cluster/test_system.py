"""The means by which a cluster is tried, themselves tried without one: what they do to it, and what they allow."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cluster.databases import NAMESPACE as DATABASES
from components.kubernetes.route import read_policy, write_policy
from tests.cluster import conftest
from tests.cluster.system import faults, scene
from tests.cluster.system.node import CONTINUE, STOP, Node
from tests.cluster.system.scene import Scene
from tests.support.cluster_stack import APPS, EDGE
from tests.support.probe_pod import ProbePod


class System:
    """A system that remembers what is done to it."""

    def __init__(self) -> None:
        self.patches: list[tuple[str, Mapping[str, Any]]] = []
        self.api = SimpleNamespace()

    def object(self, kind: str, *_: str) -> dict[str, Any]:
        container = {"name": "app", "image": "image"}
        return {"spec": {"template": {"spec": {"containers": [container]}}}}

    def identity(self, *_: object) -> None:
        return None

    @contextlib.contextmanager
    def patched(self, kind: str, name: str, patch: Mapping[str, Any], *_: str, **__: bool) -> Iterator[None]:
        self.patches.append((f"{kind} {name}", patch))
        yield


# ---- what is done to a cluster


@pytest.mark.parametrize("lost", [True, False])
def test_what_was_stopped_goes_on_also_where_the_answer_to_the_stop_was_lost(
    monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    sent: list[int] = []

    def signal(_: Node, number: int, *__: str) -> None:
        sent.append(number)
        if lost and number == STOP:
            raise ConnectionError("the answer is lost")

    monkeypatch.setattr(Node, "signal", signal)
    node = Node(System())  # type: ignore[arg-type]
    with pytest.raises(ConnectionError), node.frozen("envoy"):
        raise ConnectionError("the block fails")
    assert sent == [STOP, CONTINUE]


def test_envoy_learns_late_from_when_its_controller_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = [0.0]

    class Slow:
        """A pod that takes four seconds to start, and one to stop the controller."""

        def __init__(self, _: object) -> None:
            pass

        def __enter__(self) -> Slow:
            clock[0] += 4
            return self

        def __exit__(self, *_: object) -> None:
            pass

        @contextlib.contextmanager
        def frozen(self, *_: str) -> Iterator[None]:
            clock[0] += 1
            stopped = clock[0]
            yield
            frozen.append(clock[0] - stopped)

    frozen: list[float] = []
    monkeypatch.setattr(scene, "Node", Slow)
    monkeypatch.setattr(scene.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(scene.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    with tried(System(), tmp_path).controller_frozen(5.0):
        clock[0] += 2
    assert frozen == [5.0]


def tried(system: System, folder: Path) -> Scene:
    return Scene(system, folder, rate=1, least=1, new_connections=0)  # type: ignore[arg-type]


def merged(value: Any, patch: Mapping[str, Any]) -> Any:
    """Returns a value after a merge patch (RFC 7396)."""
    left = copy.deepcopy(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            left.pop(key, None)
        else:
            left[key] = merged(left.get(key), change) if isinstance(change, dict) else change
    return left


def test_a_control_without_retries_still_sends_nothing_to_pods_that_are_not_ready(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scene.time, "sleep", lambda _: None)
    system = System()
    with tried(system, tmp_path).without_retries():
        pass
    policies = {
        "BackendTrafficPolicy users": write_policy("users"),
        "BackendTrafficPolicy users-read": read_policy("users"),
    }
    assert [of for of, _ in system.patches] == [*policies]
    for of, patch in system.patches:
        left = merged({"spec": policies[of]}, patch)["spec"]
        assert left == {**{k: v for k, v in policies[of].items() if k != "retry"}, "healthCheck": {"panicThreshold": 0}}


# ---- what it must not have, and what callers may get


@pytest.mark.parametrize("namespace", [APPS, EDGE, DATABASES, "faults", "stranger"])
def test_a_cluster_with_a_namespace_of_the_tests_is_refused(namespace: str) -> None:
    conftest.refuse_taken({"default", "kube-system", "envoy-gateway-system"})
    with pytest.raises(pytest.fail.Exception, match=f"must not have these namespaces.*: {namespace}"):
        conftest.refuse_taken({"default", namespace})


def test_the_pods_of_the_tests_are_in_those_namespaces() -> None:
    system: Any = System()
    used = {Node(system)._pod["metadata"]["namespace"], ProbePod(system)._pod["metadata"]["namespace"]}  # type: ignore[index]
    assert used == {"faults", "stranger"}


def test_a_fault_allows_no_answer_that_its_cause_does_not_give() -> None:
    allowed = {fault.name: set(fault.statuses) for fault in faults.FAULTS}
    assert allowed["liveness of all pods flaps"] == {502, 503}, "ended with their time to end, they answer in time"
    assert allowed["PostgreSQL of users crashes"] == {503}, (
        "a server that has ended refuses connections, and is not silent"
    )
