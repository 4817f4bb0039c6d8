"""The state of the ingress while it is being brought up to date."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.kubernetes.container import Template
from local.machine import Machine
from local.supervisor import configuration as module
from local.supervisor.configuration import Configuration
from tests.support.waiting import PATIENCE
from tests.unit.local.kubernetes.cluster import Cluster


@dataclass
class FakePod:
    name: str
    template: Template
    ready: bool = True
    namespace: str = "shop"
    ports: dict[str | int, int] = field(default_factory=lambda: {"https": 4001})


class Slow:
    """A publisher that goes on when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.published: list[int] = []
        self.rejected: dict[str, str] = {}

    def publish(self, files: dict[str, list[Any]]) -> dict[str, str]:
        assignments = files.get("eds-shop.web.0.web.443", [])
        self.go.acquire()
        self.published += [len(assignment["endpoints"][0]["lb_endpoints"]) for assignment in assignments]
        return self.rejected


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    return Cluster(machine)


def started(cluster: Cluster, publisher: Slow) -> tuple[Configuration, FakePod]:
    configuration = Configuration(cluster.machine, lambda: None)
    configuration._publisher = publisher  # type: ignore[assignment]
    return configuration, FakePod("web-1", Template.read(cluster.deployment["spec"]["template"]))


async def turn() -> None:
    """Lets threads and tasks get on."""
    for _ in range(20):
        await asyncio.sleep(0.005)


def test_a_pod_is_let_go_by_a_publication_that_began_after_it(cluster: Cluster) -> None:
    """A publication that is under way may have the pod in it still."""

    async def run() -> None:
        slow = Slow()
        configuration, pod = started(cluster, slow)
        task = asyncio.create_task(configuration.run())
        configuration.update(cluster.objects, [pod])  # type: ignore[list-item]
        await turn()
        pod.ready = False
        withdrawn = asyncio.create_task(configuration.withdrawn())
        await turn()
        slow.go.release()
        await turn()
        assert (slow.published, withdrawn.done()) == ([1], False)
        assert configuration.routed == {"web-1"}
        slow.go.release()
        await asyncio.wait_for(withdrawn, PATIENCE)
        assert (slow.published, configuration.routed) == ([1, 0], frozenset())
        task.cancel()

    asyncio.run(run())


def test_a_pod_does_not_wait_for_ever(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHDRAWAL", 0.05)
    asyncio.run(asyncio.wait_for(started(cluster, Slow())[0].withdrawn(), PATIENCE))


def test_states_of_objects(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    del cluster.objects["Secret/edge/server"]
    slow = Slow()
    slow.rejected = {"cds": "Envoy rejected it: no"}
    slow.go.release()
    configuration, _ = started(cluster, slow)
    configuration.update(cluster.objects, [])
    asyncio.run(configuration._publish())
    assert configuration.state("ConfigMap/edge/clients") == ("ready", "")
    waiting = "Secret 'server' does not exist in the namespace 'edge'."
    assert configuration.state("Gateway/edge/edge") == ("progressing", waiting)
    assert configuration.state("BackendTLSPolicy/shop/web") == ("failed", "Envoy rejected it: no")
    now += module.PATIENCE + 1
    assert configuration.state("Gateway/edge/edge") == ("failed", waiting)
