"""The row of a run with reports is kept whatever is wrong with it: tried without a cluster, on runs that are given."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.system import test_autoscaling
from tests.cluster.system.record import Record, Verdict, read
from tests.load.load import Load, Tls
from tests.load.result import Loss, Outcome, Phase, Result

READS = Result(
    outcomes=tuple(Outcome(at=at / 10, late=0.0, latency=0.002) for at in range(1950)),
    started=0.0,
    seconds=195.0,
    connections=1,
    lateness_bound=1.0,
)
"""Reads that were answered alike before and beside reports."""
SLOWER = replace(
    READS, outcomes=tuple(replace(each, latency=0.002 if each.at < 45 else 0.02) for each in READS.outcomes)
)
LOST = replace(
    READS,
    outcomes=(
        replace(READS.outcomes[0], loss=Loss(kind="503", phase=Phase.ANSWERED, reused=True)),
        *READS.outcomes[1:],
    ),
)


class System:
    """A system of two pods of analytics, which may have four."""

    url, address = "https://localhost:1", ("127.0.0.1", 1)

    def object(self, *_: str) -> dict[str, Any]:
        return {"spec": {"minReplicas": 2, "maxReplicas": 4}}

    def pods_of(self, *_: str) -> list[str]:
        return ["one", "two"]

    def identity(self, folder: Path) -> Tls:
        return Tls(authority=folder / "authority.crt")


class Clock:
    """A clock that only waiting moves on."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("counts", "reads", "seen", "note"),
    [
        ([2, 4, 2], READS, Verdict.NONE_LOST, "analytics 2 to 4 pods, the first after 26 s"),
        ([2, 2, 2], READS, Verdict.NOT_SCALED, "analytics as before"),
        ([2, 2, 2, 2, 2, 4, 2], READS, Verdict.NOT_SCALED, "analytics 2 to 4 pods, the first after 78 s"),
        ([2, 4, 2], SLOWER, Verdict.TOO_SLOW, "analytics 2 to 4 pods"),
        ([2, 2, 2], LOST, Verdict.SOME_LOST, "analytics as before"),
        ([2, 5, 2], READS, Verdict.NONE_LOST, "analytics 2 to 5 pods"),
    ],
)
def test_a_row_is_kept_whatever_is_wrong_with_the_run(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    counts: list[int],
    reads: Result,
    seen: Verdict,
    note: str,
) -> None:
    clock = Clock()

    class Running:
        """A load whose result is known."""

        def __init__(self, load: Load) -> None:
            self._end = clock.now + load.seconds

        def __enter__(self) -> Running:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self) -> Result:
            clock.now = self._end
            return reads

    class Replicas(test_autoscaling.Replicas):
        """The numbers of pods, every 13 seconds from when reports begin."""

        def __enter__(self) -> Replicas:
            began, others = clock.now + test_autoscaling.BEFORE, dict.fromkeys(test_autoscaling.SERVICES, 2)
            self.seen = [(began + 13 * (i + 1), {**others, "analytics": count}) for i, count in enumerate(counts)]
            return self

        def __exit__(self, *_: object) -> None:
            pass

    for name, played in (("Running", Running), ("Replicas", Replicas), ("time", clock)):
        monkeypatch.setattr(test_autoscaling, name, played)
    record = Record(tmp_path / "record.json")
    run: Any = test_autoscaling.test_reports_scale_analytics_alone_and_reads_of_users_stay_as_fast
    right = seen is Verdict.NONE_LOST and max(counts) <= 4
    with contextlib.nullcontext() if right else pytest.raises(AssertionError):
        run(System(), record, tmp_path, without_metrics=False)
    (row,) = read(tmp_path / "record.json")[1].values()
    assert row
    assert row.seen == seen
    assert note in row.note
