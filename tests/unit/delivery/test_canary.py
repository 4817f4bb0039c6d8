"""The steps of a canary delivery against a cloud that is played: its alarms, its versions, its `pulumi`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from components.settings.aws import Canary as Setting
from delivery.canary import BACK, STEPS, WATCH_SECONDS, Canary, DeliveryError


@dataclass(kw_only=True)
class Cloud:
    """`alarm_after` are the seconds of watching after which an alarm fires; `fail_up` the number of the `up` that
    fails."""

    version: str | None = "41"
    alarm_after: float | None = None
    fail_up: int | None = None
    now: float = 0.0
    commands: list[Sequence[str]] = field(default_factory=list)
    weights: list[float | None] = field(default_factory=list)
    weight: float | None = None

    def run(self, command: Sequence[str]) -> str:
        self.commands.append(command)
        match command:
            case ["aws", *_]:
                fires = self.alarm_after is not None and self.now >= self.alarm_after
                return json.dumps({"MetricAlarms": [{"AlarmName": "crosscloud-prod-errors"}] if fires else []})
            case ["pulumi", "stack", "output", *_]:
                return json.dumps({"orchestrator": {"version": self.version}} if self.version else {})
            case ["pulumi", "config", "set", _, path, value, *_] if path.endswith(".weight"):
                self.weight = float(value)
            case ["pulumi", "config", "rm", *_]:
                self.weight = None
            case ["pulumi", "up", *_]:
                self.weights.append(self.weight)
                if len(self.weights) == self.fail_up:
                    raise DeliveryError("`pulumi up` failed.")
        return ""

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def deliver(self) -> None:
        Canary(
            stack="prod",
            function="orchestrator",
            alarms="crosscloud-prod-",
            run=self.run,
            clock=lambda: self.now,
            sleep=self.sleep,
            tell=lambda _: None,
        ).deliver()


def test_calls_move_over_in_steps_that_are_watched() -> None:
    cloud = Cloud()
    cloud.deliver()
    assert cloud.weights == [*STEPS, None]
    assert cloud.now >= WATCH_SECONDS * len(cloud.weights)


def test_the_previous_version_is_the_one_that_was_deployed() -> None:
    cloud = Cloud()
    cloud.deliver()
    path = "crosscloud:functions.orchestrator.canary.previousVersion"
    sets = [command for command in cloud.commands if path in command]
    assert {command[5] for command in sets} == {"41"}


@pytest.mark.parametrize("step", range(len(STEPS) + 1))
def test_an_alarm_takes_the_calls_back_at_any_step(step: int) -> None:
    cloud = Cloud(alarm_after=WATCH_SECONDS * step + 60)
    with pytest.raises(DeliveryError, match=r"crosscloud-prod-errors fired: version 41 has its calls back"):
        cloud.deliver()
    assert cloud.weights[-1] == BACK
    assert len(cloud.weights) == step + 2
    assert "--target" in cloud.commands[-1]


def test_a_failed_deployment_takes_the_calls_back() -> None:
    cloud = Cloud(fail_up=2)
    with pytest.raises(DeliveryError, match=r"failed\. Version 41 has its calls back"):
        cloud.deliver()
    assert cloud.weights == [STEPS[0], STEPS[1], BACK]


def test_nothing_is_deployed_while_an_alarm_fires() -> None:
    cloud = Cloud(alarm_after=0)
    with pytest.raises(DeliveryError, match=r"nothing is deployed"):
        cloud.deliver()
    assert cloud.weights == []


def test_the_first_deployment_has_nothing_to_keep() -> None:
    cloud = Cloud(version=None)
    cloud.deliver()
    assert cloud.weights == [None]


@pytest.mark.parametrize("weight", [*STEPS, BACK])
def test_every_step_is_a_setting_that_the_program_takes(weight: float) -> None:
    """`pulumi config set --path` makes texts of fractions."""
    assert Setting.model_validate({"previousVersion": 41, "weight": str(weight)}).weight == weight
