"""Each alarm of the program tells people of the trouble that it is for, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.program import Declared, deployed
from tests.unit.components.alarms import azure_metrics, cloudwatch, cloudwatch_definition
from tests.unit.components.alarms.catalogue import KINDS, alarms, cases, of_metrics, patterns, stories
from tests.unit.components.alarms.samples import Published
from tests.unit.components.alarms.story import Story

STACKS = ("dev", "prod")
"""The stacks in the clouds."""
BEYOND = (0, cloudwatch.BEYOND, 5)
"""The numbers of older data points of CloudWatch with which each story has to come to the same end: AWS does not say
how many they are."""
NIGHT = 8 * 60
"""Minutes of a night, which are more than any alarm looks back for."""


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_has_a_case(stack: str) -> None:
    found = [(alarm, patterns(alarm)) for alarm in of_metrics(deployed(stack, False))]
    without = [alarm.name for alarm, matching in found if not matching]
    assert without == [], (
        f"{stack} has alarms without a case: write the stories of which each tells people, and of which it does not, "
        "in a module of tests/unit/components/alarms/cases"
    )
    assert [(alarm.name, matching) for alarm, matching in found if len(matching) > 1] == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_is_of_a_kind_that_can_be_evaluated(stack: str) -> None:
    unknown = {alarm.type for alarm in alarms(deployed(stack, False))} - KINDS
    assert unknown == set(), "there is no evaluator of alarms of this type: write one, beside cloudwatch.py"


def test_every_case_is_of_an_alarm() -> None:
    used = {pattern for stack in STACKS for alarm in of_metrics(deployed(stack, False)) for pattern in patterns(alarm)}
    assert set(cases()) - used == set()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("pattern", cases())
def test_people_are_told_once_of_a_trouble_and_once_of_its_end(pattern: str, stack: str) -> None:
    for alarm, told in stories(pattern, deployed(stack, False)):
        assert told.fires
        for story in told.fires:
            for messages in _messages(alarm, story.published, minutes=story.minutes):
                assert messages in (["ALARM", "OK"], ["Fired", "Resolved"]), _sentence(alarm, story)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("pattern", cases())
def test_nobody_is_told_of_what_is_no_trouble(pattern: str, stack: str) -> None:
    for alarm, told in stories(pattern, deployed(stack, False)):
        assert told.quiet
        for story in told.quiet:
            for messages in _messages(alarm, story.published, minutes=story.minutes):
                assert messages == [], _sentence(alarm, story)


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_is_told_of_anything_while_nothing_happens(stack: str) -> None:
    told = {alarm.name: list(_messages(alarm, {}, minutes=NIGHT)) for alarm in of_metrics(deployed(stack, False))}
    assert {name: messages for name, messages in told.items() if any(messages)} == {}


def _messages(alarm: Declared, published: Published, *, minutes: int) -> Sequence[Sequence[str]]:
    """Returns the messages of an alarm, once for each number of older data points that may be looked at."""
    if alarm.type.endswith("MetricAlert"):
        found = azure_metrics.states(azure_metrics.read(alarm.inputs), published, minutes=minutes)
        return [azure_metrics.messages(found)]
    definition = cloudwatch_definition.read(alarm.inputs)
    runs = [cloudwatch.states(definition, published, minutes=minutes, beyond=beyond) for beyond in BEYOND]
    return [cloudwatch.messages(found) for found in runs]


def _sentence(alarm: Declared, story: Story) -> str:
    return f"{alarm.name}: {story.text}"
