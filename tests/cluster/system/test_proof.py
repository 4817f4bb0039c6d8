"""The cases of docs/proof.md: each ends with the verdict that is expected of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.system.cases import CASES, LEAST, LEAST_LOST, RATE, Case, title
from tests.cluster.system.record import Record, Row, Verdict
from tests.cluster.system.scene import Scene
from tests.load.result import Result
from tests.support.cluster_stack import ClusterStack


def verdict(case: Case, result: Result) -> Verdict:
    """Returns what a result shows: nothing, where the load itself was late, or where a control hardly lost anything."""
    lost_by_chance = bool(case.without) and 0 < result.lost < LEAST_LOST
    if not result.conclusive or result.sent < LEAST or lost_by_chance:
        return Verdict.INCONCLUSIVE
    return Verdict.SOME_LOST if result.lost else Verdict.NONE_LOST


@pytest.mark.parametrize("case", CASES, ids=title)
def test_the_case_ends_as_expected(system: ClusterStack, record: Record, case: Case, tmp_path: Path) -> None:
    record.begin(title(case))
    scene = Scene(system, tmp_path, rate=RATE, least=LEAST, new_connections=case.new_connections)
    case.act(scene)
    result = scene.result
    assert result
    row = Row.of(
        result,
        case=title(case),
        expected=case.expected,
        seen=verdict(case, result),
        note="; ".join(scene.notes),
        times=result,
    )
    record.add(row)
    assert row.seen == row.expected, str(result)
