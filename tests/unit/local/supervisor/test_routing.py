"""What is known about the ingress while it is being brought up to date."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.machine import Machine
from local.supervisor import routing as module
from local.supervisor.container import Template
from local.supervisor.routing import Routing
from tests.support.waiting import PATIENCE
from tests.unit.local.supervisor.cluster import Cluster


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
        (assignment,) = files["eds-shop.web.443"]
        self.go.acquire()
        self.published.append(len(assignment["endpoints"][0]["lb_endpoints"]))
        return self.rejected


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    return Cluster(machine)


def started(cluster: Cluster, publisher: Slow) -> tuple[Routing, FakePod]:
    routing = Routing(cluster.machine, lambda: None)
    routing._publisher = publisher  # type: ignore[assignment]
    return routing, FakePod("web-1", Template.read(cluster.deployment["spec"]["template"]))


async def turn() -> None:
    """Lets threads and tasks get on."""
    for _ in range(20):
        await asyncio.sleep(0.005)


def test_a_pod_is_let_go_by_a_publication_that_began_after_it(cluster: Cluster) -> None:
    """One that is under way may have the pod in it still."""

    async def run() -> None:
        slow = Slow()
        routing, pod = started(cluster, slow)
        task = asyncio.create_task(routing.run())
        routing.update(cluster.objects, [pod])  # type: ignore[list-item]
        await turn()
        pod.ready = False
        withdrawn = asyncio.create_task(routing.renewed())
        await turn()
        slow.go.release()
        await turn()
        assert (slow.published, withdrawn.done()) == ([1], False)
        assert routing.routed == {"web-1"}
        slow.go.release()
        await asyncio.wait_for(withdrawn, PATIENCE)
        assert (slow.published, routing.routed) == ([1, 0], frozenset())
        task.cancel()

    asyncio.run(run())


def test_a_pod_does_not_wait_for_ever(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHDRAWAL", 0.05)
    asyncio.run(asyncio.wait_for(started(cluster, Slow())[0].renewed(), PATIENCE))


def test_states_of_objects(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    del cluster.objects["Secret/edge/server"]
    slow = Slow()
    slow.rejected = {"cds": "Envoy rejected it: no"}
    slow.go.release()
    routing, _ = started(cluster, slow)
    routing.update(cluster.objects, [])
    asyncio.run(routing._publish())
    assert routing.state("ConfigMap/edge/clients") == ("ready", "")
    waiting = "Secret 'server' does not exist in the namespace 'edge'."
    assert routing.state("Gateway/edge/edge") == ("progressing", waiting)
    assert routing.state("BackendTLSPolicy/shop/web") == ("failed", "Envoy rejected it: no")
    now += module.PATIENCE + 1
    assert routing.state("Gateway/edge/edge") == ("failed", waiting)
