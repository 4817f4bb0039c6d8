"""Work that computes: its service grows and shrinks, and callers of others notice nothing on the same node."""

from __future__ import annotations

import datetime as dt
import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.cluster.system.record import Record, Row, Verdict
from tests.load.load import Load
from tests.load.requests import get, mix, post
from tests.load.result import Result
from tests.load.running import Running
from tests.support.cluster_stack import APPS, CALLER, ClusterStack, eventually
from tests.support.services import SERVICES

READS, REPORTS = 60.0, 1.0
"""Requests per second."""
BEFORE, DURING = 45.0, 150.0
"""Seconds of reads alone, and of reads beside reports."""
GROWTH = 60.0
"""Seconds within which analytics must have more pods."""
FACTOR = 2.0
"""The factor by which the slowest of twenty reads may become slower beside reports."""
SETTLING = 60.0
"""Seconds until every service has its fewest pods, and its autoscaler no longer knows of the load of their start."""
WINDOW = 45
"""Seconds of less load after which pods go, in this test; the program says 300."""
AMOUNTS, BATCH = 2_000, 100
"""Events that a report reads, and of them as many as one request records."""
AUTOSCALING = ("one report a second beside reads", "one report a second beside reads, and metrics-server is killed")
"""The names of the two cases in the page."""
DAY = dt.date(2026, 1, 15)
REPORT = {"currency": "EUR", "from": DAY.isoformat(), "to": DAY.isoformat(), "resamples": 3_000}
"""A report that takes half a second of a processor or more. The largest one takes up to two, which a node of two cores
has not got beside everything else: most of them would be refused."""


@dataclass
class Replicas:
    """The number of pods of each service over time, as Deployments want it."""

    system: ClusterStack
    seen: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)

    def __enter__(self) -> Replicas:
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            deployments = self.system.api.select("apps/v1", "Deployment", namespace=APPS)
            self.seen.append((time.monotonic(), {d["metadata"]["name"]: d["spec"]["replicas"] for d in deployments}))

    def of(self, service: str, *, since: float = 0.0) -> list[tuple[float, int]]:
        return [(at, counts[service]) for at, counts in self.seen if at >= since]


@pytest.fixture(scope="module")
def amounts(system: ClusterStack, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Records the events that reports are made of."""
    moment = f"{DAY.isoformat()}T12:00:00Z"
    bodies = []
    for _ in range(AMOUNTS // BATCH):
        events = [
            {
                "id": str(uuid.uuid4()),
                "type": "order.placed",
                "user_id": "proof",
                "occurred_at": moment,
                "amount": f"{number + 1}.50",
                "currency": "EUR",
            }
            for number in range(BATCH)
        ]
        bodies.append(post("/events", {"events": events}, headers=CALLER, expected=200))
    load = Load(
        url=system.url,
        address=system.address,
        requests=mix(bodies),
        rate=10,
        seconds=len(bodies) / 10,
        tls=system.identity(tmp_path_factory.mktemp("seed")),
        lateness_bound=5,
    )
    with Running(load) as running:
        result = running.wait()
    assert result.lost == 0, result


@pytest.fixture
def fast_window(system: ClusterStack) -> Iterator[None]:
    behavior = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": WINDOW}}}}
    with system.patched("HorizontalPodAutoscaler", "analytics", behavior):
        yield


def changes_of_direction(counts: list[int]) -> int:
    """Returns how often a number that grew begins to fall, or the other way round."""
    steps = [after - before for before, after in itertools.pairwise(counts) if after != before]
    return sum(first * second < 0 for first, second in itertools.pairwise(steps))


def kill_metrics_server(system: ClusterStack) -> None:
    pods = system.pods_of("metrics-server", "kube-system", label="k8s-app")
    assert pods
    for pod in pods:
        system.api.core.delete_namespaced_pod(pod["metadata"]["name"], "kube-system", grace_period_seconds=0)


def verdict(read: Result, *, before: Result, during: Result, grown: float | None) -> Verdict:
    """Returns what a run shows. `grown` are the seconds until analytics had more pods; None: it never had."""
    if not read.conclusive:
        return Verdict.INCONCLUSIVE
    if read.lost:
        return Verdict.SOME_LOST
    if grown is None or grown > GROWTH:
        return Verdict.NOT_SCALED
    return Verdict.TOO_SLOW if during.p95 > FACTOR * before.p95 else Verdict.NONE_LOST


@pytest.mark.usefixtures("amounts", "fast_window")
@pytest.mark.parametrize("without_metrics", [False, True], ids=["as it is", "metrics-server is killed"])
def test_reports_scale_analytics_alone_and_reads_of_users_stay_as_fast(
    system: ClusterStack, record: Record, tmp_path: Path, *, without_metrics: bool
) -> None:
    case, expected = AUTOSCALING[without_metrics], Verdict.NONE_LOST
    record.begin(case)
    spec = system.object("HorizontalPodAutoscaler", "analytics")["spec"]
    least, most = spec["minReplicas"], spec["maxReplicas"]
    time.sleep(SETTLING)
    eventually(lambda: len(system.pods_of("analytics")) == least, what="the fewest pods of analytics")
    tls = system.identity(tmp_path / "own")
    reads = Load(
        url=system.url,
        address=system.address,
        requests=mix(get("/users/123", headers=CALLER)),
        rate=READS,
        seconds=BEFORE + DURING,
        tls=tls,
        lateness_bound=1.0,
    )
    reports = Load(
        url=system.url,
        address=system.address,
        requests=mix([post("/analytics/reports", REPORT, headers=CALLER, expected=200)]),
        rate=REPORTS,
        seconds=DURING,
        tls=tls,
        lateness_bound=5.0,
        timeout=30.0,
    )
    with Replicas(system) as replicas, Running(reads) as reading:
        time.sleep(BEFORE)
        with Running(reports) as computing:
            began = time.monotonic()
            if without_metrics:
                kill_metrics_server(system)
            computed = computing.wait()
        ended = time.monotonic()
        read = reading.wait()
        before, during = read.between(5, BEFORE), read.between(BEFORE, BEFORE + DURING)
        watched = replicas.of("analytics", since=began)
        grown = min((at - began for at, count in watched if count > least), default=None)
        pods = (
            f"{least} to {max(count for _, count in watched)} pods, the first after {grown:.0f} s"
            if grown is not None
            else "as before"
        )
        note = (
            f"p95 of reads {before.p95:.1f} ms before, {during.p95:.1f} ms beside; analytics {pods}; "
            f"{computed.sent - computed.lost} of {computed.sent} reports"
        )
        seen = verdict(read, before=before, during=during, grown=grown)
        record.add(Row.of(read, case=case, expected=expected, seen=seen, note=note, times=during))
        eventually(lambda: replicas.seen[-1][1]["analytics"] == least, what="analytics shrinks")
    counts = [count for _, count in replicas.of("analytics", since=began)]
    assert max(counts) <= most
    assert changes_of_direction(counts) <= 1
    for other in set(SERVICES) - {"analytics"}:
        assert len({count for at, count in replicas.of(other) if at < ended}) == 1, other
    assert seen == expected, f"{read}; {note}"
