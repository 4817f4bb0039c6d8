"""Each rule of Prometheus in the program alerts people of the trouble that it is for, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.program import deployed
from tests.unit.components.alarms.catalogue import rules
from tests.unit.components.alarms.prometheus import VARIABLE, counter, gauge, objections, promtool


def group(stack: str) -> dict[str, Any]:
    return deployed(stack, False).one("PrometheusRuleGroup").inputs


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_rule_has_stories_of_trouble_and_of_none(stack: str) -> None:
    told = {alert: {bool(story.alerts) for story in stories} for alert, stories in rules().items()}
    assert told == {rule["alert"]: {True, False} for rule in group(stack)["rules"]}, (
        "each alert needs stories in which it fires, and others in which it does not, in a module of "
        "tests/unit/components/alarms/cases"
    )
    assert group(stack)["enabled"]
    assert all(rule["enabled"] for rule in group(stack)["rules"])


def test_the_stacks_have_the_same_rules() -> None:
    decisive = [
        [(rule["alert"], rule["expression"], rule["for"]) for rule in group(stack)["rules"]]
        for stack in ("dev", "prod")
    ]
    assert decisive[0] == decisive[1]


@pytest.mark.parametrize("alert", rules())
def test_an_alert_fires_when_it_should_and_at_no_other_time(alert: str, tmp_path: Path) -> None:
    program = promtool()
    if program is None:
        pytest.skip(f"needs Prometheus' promtool: put it on PATH, or name it in {VARIABLE}")
    assert objections(program, group("prod"), alert, rules()[alert], tmp_path) == ""


def test_samples_are_written_in_promtool_s_notation() -> None:
    assert gauge((1, 2), (1, None), (2, 0.5)) == "2x1 _x2 0.5x3"
    assert counter((2, 6), (1, 0), absent=1, first=1) == "_x2 1+3x3 13+0x1"
