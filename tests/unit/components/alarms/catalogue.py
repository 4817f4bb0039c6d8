"""The cases of `cases`, and the alarms of the program that they are of. A new module there is found by itself."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.program import Declared, Program
from tests.unit.components.alarms.prometheus import RuleStory
from tests.unit.components.alarms.story import Case, Stories, Watched

FOLDER = Path(__file__).parent / "cases"
KINDS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "azure-native:monitor:MetricAlert",
    "azure-native:alertsmanagement:PrometheusRuleGroup",
}
"""The types of alarms for which there is an evaluator."""
ALARM = re.compile(r"alarm|alert|anomaly|rulegroup|scheduledquery|healthcheck", re.IGNORECASE)
"""The words in the types of the clouds' resources that tell people of trouble."""


@functools.cache
def cases() -> Mapping[str, Case]:
    """Returns the cases of alarms that look at metrics of a cloud, by the patterns of the alarms' names."""
    return _gathered("CASES")


@functools.cache
def rules() -> Mapping[str, Sequence[RuleStory]]:
    """Returns the stories of Prometheus' rules by the names of their alerts."""
    return _gathered("RULES")


QUIET = "azure-native:alertsmanagement:AlertProcessingRuleByName"
"""The rule that keeps alerts from people while a stack is stopped; it tells nobody of anything."""


def alarms(program: Program) -> list[Declared]:
    """Returns all that a stack declares to tell people of trouble, of whatever type."""
    return [one for one in program.resources if one.custom and ALARM.search(one.type) and one.type != QUIET]


def of_metrics(program: Program) -> list[Declared]:
    """Returns the alarms that look at metrics of a cloud."""
    return [one for one in alarms(program) if one.type in KINDS and not one.type.endswith("RuleGroup")]


def patterns(alarm: Declared) -> list[str]:
    """Returns the patterns of the cases of an alarm, of which there should be one."""
    return [pattern for pattern in cases() if re.fullmatch(pattern, alarm.name)]


def _gathered(name: str) -> dict[str, Any]:
    """Returns the entries of what has this name in any of the modules of `cases`."""
    modules = [
        importlib.import_module(f"tests.unit.components.alarms.cases.{path.stem}")
        for path in sorted(FOLDER.glob("*.py"))
    ]
    found = [(key, entry) for module in modules for key, entry in getattr(module, name, {}).items()]
    assert len(dict(found)) == len(found), f"{name} of two modules of cases has the same key"
    return dict(found)


def stories(pattern: str, program: Program) -> Iterator[tuple[Declared, Stories]]:
    """Yields each alarm of a stack to which the pattern applies, with its stories."""
    for alarm in of_metrics(program):
        if match := re.fullmatch(pattern, alarm.name):
            yield alarm, cases()[pattern](Watched(program=program, named=match.groupdict()))
