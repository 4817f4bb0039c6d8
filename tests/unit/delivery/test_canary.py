"""The steps of a canary delivery against clouds that are played: their alarms, what is deployed, `pulumi`."""

from __future__ import annotations

import fnmatch
import itertools
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.settings.aws import Canary as FunctionCanary
from components.settings.services import ServiceCanary
from delivery.alarms import Alarms
from delivery.canary import ALL_CALLS, STEPS, WATCH_SECONDS, Canary
from delivery.commands import DeliveryError
from delivery.releases import releases
from tests.support.aws_cli import unknown_options
from tests.support.program import deployed

OLD, NEW = (f"registry.example/users@sha256:{digit * 64}" for digit in "ab")
FUNCTION, SERVICE = "crosscloud:functions.orchestrator.canary", "crosscloud:services.users.canary"
PREVIOUS = {f"{FUNCTION}.previousVersion": "41", f"{SERVICE}.previousImage": OLD}


def at(weight: float) -> dict[str, str]:
    """The settings of a step."""
    return {**PREVIOUS, f"{FUNCTION}.weight": str(weight), f"{SERVICE}.weight": str(weight)}


def step(type_: str, name: str, old: object, new: object) -> dict[str, Any]:
    """Of a preview; None for what is not there."""
    states = {key: state for key, state in (("oldState", old), ("newState", new)) if state is not None}
    op = "same" if old == new else "update" if len(states) == 2 else "create"
    return {"op": op, "urn": f"urn:pulumi:prod::crosscloud::crosscloud:a:B${type_}::{name}", **states}


def alias(name: str, old: Mapping[str, object] | None, new: Mapping[str, object]) -> dict[str, Any]:
    type_ = "aws:lambda/alias:Alias"
    return step(type_, f"{name}-live", *(inputs and {"type": type_, "inputs": inputs} for inputs in (old, new)))


def pods(name: str, old: str | None, new: str, *, track: str = "stable") -> dict[str, Any]:
    type_ = "kubernetes:apps/v1:Deployment"
    return step(type_, name, *(image and {"type": type_, "inputs": _deployment(image, track)} for image in (old, new)))


def _deployment(image: str, track: str) -> dict[str, Any]:
    template = {"spec": {"containers": [{"image": image}]}}
    return {"metadata": {"labels": {"track": track}}, "spec": {"template": template}}


CHANGED = (
    alias("orchestrator", {"functionVersion": "41"}, {"functionVersion": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}),
    alias("catalog", {"functionVersion": "7"}, {"functionVersion": "7"}),
    pods("users", OLD, NEW),
    pods("billing", OLD, OLD),
    pods("added", None, NEW),
)


@dataclass(kw_only=True)
class Clouds:
    """`alarm_after` are the seconds of watching after which `alarm`, CloudWatch's or Azure's, goes off; `fail_up` are
    the numbers of the `up` that fail."""

    changed: Sequence[dict[str, Any]] = CHANGED
    alarm: str = "aws"
    alarm_after: float | None = None
    alert_state: str = "New"
    fail_up: tuple[int, ...] = ()
    now: float = 0.0
    settings: dict[str, str] = field(default_factory=dict)
    ups: list[tuple[dict[str, str], list[str]]] = field(default_factory=list)
    """For each, the settings and its targets."""

    def run(self, command: Sequence[str]) -> str:
        match command:
            case ["aws", "cloudwatch", "describe-alarms", *options]:
                assert options[-2:] == ["--alarm-names", "orders-errors-1a2b3c4"]
                return json.dumps({"MetricAlarms": [{"AlarmName": "orders-errors-1a2b3c4"}] if self._on("aws") else []})
            case ["az", "rest", *options]:
                assert any("targetResourceGroup=crosscloud-prod&" in option for option in options)
                alert = {"name": "PodsCrash", "properties": {"essentials": {"alertState": self.alert_state}}}
                return json.dumps({"value": [alert] if self._on("az") else []})
            case ["pulumi", "preview", *_]:
                return json.dumps({"steps": [*self.changed, *KEPT]})
            case ["pulumi", "config", "set-all", "--path", *options]:
                pairs = [option.partition("=") for option in options if "=" in option]
                self.settings |= {path: value for path, _, value in pairs}
            case ["pulumi", "config", "rm-all", "--path", *paths]:
                self.settings = {k: v for k, v in self.settings.items() if k.rpartition(".")[0] not in paths}
            case ["pulumi", "up", *options]:
                targets = [after for option, after in itertools.pairwise(options) if option == "--target"]
                self.ups.append((dict(self.settings), targets))
                if len(self.ups) in self.fail_up:
                    raise DeliveryError("`pulumi up` failed.")
            case _:
                raise AssertionError(command)
        return ""

    def _on(self, kind: str) -> bool:
        return self.alarm == kind and self.alarm_after is not None and self.now >= self.alarm_after

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def deliver(self) -> None:
        Canary(stack="prod", run=self.run, clock=lambda: self.now, sleep=self.sleep, report=lambda _: None).deliver()


KEPT = [
    step(type_, name, *[{"type": type_, "outputs": {"name": name}}] * 2)
    for type_, name in (
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "orders-errors-1a2b3c4"),
        ("azure-native:resources:ResourceGroup", "crosscloud-prod"),
        ("aws:sqs/queue:Queue", "fulfilment"),
    )
]


def test_functions_and_services_that_changed_move_in_the_same_steps_that_are_watched() -> None:
    clouds = Clouds()
    clouds.deliver()
    assert clouds.ups == [*((at(weight), []) for weight in STEPS), ({}, [])]
    assert clouds.now >= WATCH_SECONDS * len(clouds.ups)


@pytest.mark.parametrize("kind", ["aws", "az"])
@pytest.mark.parametrize("number", range(len(STEPS) + 1))
def test_an_alarm_of_either_cloud_takes_all_calls_back_at_any_step(number: int, kind: str) -> None:
    clouds = Clouds(alarm=kind, alarm_after=WATCH_SECONDS * number + 60)
    with pytest.raises(DeliveryError, match=r"fired\. The previous orchestrator, users have their calls back\. Revert"):
        clouds.deliver()
    assert len(clouds.ups) == number + 2
    settings, targets = clouds.ups[-1]
    assert settings == at(ALL_CALLS)
    assert targets


@pytest.mark.parametrize("number", range(1, len(STEPS) + 2))
def test_a_failed_deployment_takes_all_calls_back(number: int) -> None:
    clouds = Clouds(fail_up=(number,))
    with pytest.raises(DeliveryError, match=r"`pulumi up` failed\. The previous orchestrator, users have their calls"):
        clouds.deliver()
    assert len(clouds.ups) == number + 1
    assert clouds.ups[-1][0] == at(ALL_CALLS)


def test_a_return_that_fails_is_reported_with_what_failed_before() -> None:
    with pytest.raises(DeliveryError, match=r"failed\. THE RETURN FAILED TOO: `pulumi up` failed\. Return by hand"):
        Clouds(fail_up=(2, 3)).deliver()


@pytest.mark.parametrize("kind", ["aws", "az"])
def test_nothing_is_deployed_while_an_alarm_goes_off(kind: str) -> None:
    clouds = Clouds(alarm=kind, alarm_after=0)
    with pytest.raises(DeliveryError, match=r"nothing is deployed"):
        clouds.deliver()
    assert clouds.ups == []


def test_the_command_that_reads_the_alarms_exists_with_its_options() -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str:
        asked.append(command)
        return "{}"

    assert Alarms(names=("orders-errors-1a2b3c4",), groups=(), run=run).firing() == []
    ((_, service, command, *options),) = asked
    assert unknown_options(service, command, shlex.join(options)) == set()


def test_no_alarm_of_its_own_is_not_every_alarm_of_the_account() -> None:
    def run(command: Sequence[str]) -> str:
        raise AssertionError(command)

    assert Alarms(names=(), groups=(), run=run).firing() == []


def test_an_alert_that_somebody_has_closed_does_not_count() -> None:
    clouds = Clouds(alarm="az", alarm_after=0, alert_state="Closed")
    clouds.deliver()
    assert len(clouds.ups) == len(STEPS) + 1


def test_the_first_deployment_has_nothing_to_keep() -> None:
    clouds = Clouds(changed=[alias("orchestrator", None, {}), pods("users", None, NEW)])
    clouds.deliver()
    assert clouds.ups == [({}, [])]


def test_a_function_that_is_kept_warm_does_not_move_in_steps() -> None:
    warm = step("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "orchestrator", {}, {})
    assert [release.name for release in releases({"steps": [*CHANGED, warm]})] == ["users"]


def test_a_canary_of_somebody_s_own_is_left_alone() -> None:
    changed = [pods("users", OLD, OLD), pods("users-canary", OLD, NEW, track="canary")]
    assert list(releases({"steps": changed})) == []


def test_after_a_return_the_previous_version_is_still_the_one_that_serves() -> None:
    returned = {"functionVersion": "42", "routingConfig": {"additionalVersionWeights": {"41": 1}}}
    changed = [alias("orchestrator", returned, {"functionVersion": "42"}), pods("users", OLD, NEW)]
    assert {release.previous for release in releases({"steps": changed})} == {"41", OLD}


def test_a_return_changes_what_has_the_calls_and_nothing_else() -> None:
    names = [resource.urn for resource in deployed("prod", False).resources]
    targets = [target.replace("**", "*") for release in releases({"steps": CHANGED}) for target in release.targets]
    found = {name for target in targets for name in fnmatch.filter(names, target)}
    assert {urn.rpartition("$")[2] for urn in found} == {
        "aws:lambda/alias:Alias::orchestrator-live",
        "kubernetes:apps/v1:Deployment::users",
        "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::users",
    }


@pytest.mark.parametrize("weight", [*STEPS, ALL_CALLS])
def test_every_step_is_a_setting_that_the_program_takes(weight: float) -> None:
    """`pulumi config set --path` makes texts of fractions."""
    assert FunctionCanary.model_validate({"previousVersion": 41, "weight": str(weight)}).weight == weight
    assert ServiceCanary.model_validate({"previousImage": OLD, "weight": str(weight)}).weight == weight
