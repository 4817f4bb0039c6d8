"""The steps of a canary delivery against clouds that are played: their alarms, what is deployed, `pulumi`."""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
import re
import shlex
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components.settings.aws import Canary as FunctionCanary
from components.settings.services import ServiceCanary
from delivery.alarms import Alarms
from delivery.canary import ALL_CALLS, STEPS, Canary, app, canary
from delivery.commands import DeliveryError, Run
from delivery.login import LogIn
from delivery.releases import releases
from delivery.watch import Times
from tests.support.aws_cli import unknown_options
from tests.support.program import deployed

OLD, NEW = (f"registry.example/users@sha256:{digit * 64}" for digit in "ab")
FUNCTION, SERVICE = "crosscloud:functions.orchestrator.canary", "crosscloud:services.users.canary"
PREVIOUS = {f"{FUNCTION}.previousVersion": "41", f"{SERVICE}.previousImage": OLD}
NEWEST = "42"
WATCH_SECONDS = Times().watch
HOUR = 3600.0
"""The moment, of the clock that the tests play, at which a delivery begins."""


def at(weight: float) -> dict[str, str]:
    """The settings of a step."""
    return {**PREVIOUS, f"{FUNCTION}.weight": str(weight), f"{SERVICE}.weight": str(weight)}


def step(type_: str, name: str, old: object, new: object) -> dict[str, Any]:
    """Returns a step of a preview; None stands for a state that is not there."""
    states = {key: state for key, state in (("oldState", old), ("newState", new)) if state is not None}
    op = "same" if old == new else "update" if len(states) == 2 else "create"
    return {"op": op, "urn": f"urn:pulumi:prod::crosscloud::crosscloud:a:B${type_}::{name}", **states}


def alias(name: str, old: Mapping[str, object] | None, new: Mapping[str, object]) -> dict[str, Any]:
    type_ = "aws:lambda/alias:Alias"
    return step(type_, f"{name}-live", *(inputs and {"type": type_, "inputs": inputs} for inputs in (old, new)))


def live(name: str, version: str) -> dict[str, object]:
    return {"functionName": f"{name}-1a2b3c4", "functionVersion": version}


def pods(name: str, old: str | None, new: str, *, track: str = "stable") -> dict[str, Any]:
    type_ = "kubernetes:apps/v1:Deployment"
    return step(type_, name, *(image and {"type": type_, "inputs": _deployment(image, track)} for image in (old, new)))


def _deployment(image: str, track: str) -> dict[str, Any]:
    template = {"spec": {"containers": [{"image": image}]}}
    labels = {"app": "users", "track": track}
    return {"metadata": {"labels": labels, "namespace": "apps"}, "spec": {"template": template}}


CHANGED = (
    alias("orchestrator", live("orchestrator", "41"), live("orchestrator", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")),
    alias("catalog", live("catalog", "7"), live("catalog", "7")),
    pods("users", OLD, NEW),
    pods("billing", OLD, OLD),
    pods("added", None, NEW),
)


@dataclass(kw_only=True)
class Clouds:
    """`alarm_after` are the seconds of watching after which `alarm`, CloudWatch's or Azure's, goes off; `fail_up` are
    the numbers of the `up` that fail; `failures` are those that the new version of the orchestrator counts once it has
    calls, of 40; `dry_run` is what a new version answers to the dry event."""

    changed: Sequence[dict[str, Any]] = CHANGED
    alarm: str = "aws"
    alarm_after: float | None = None
    alert_state: str = "New"
    fail_up: tuple[int, ...] = ()
    failures: float = 0
    canary_failures: float = 0
    dry_run: Mapping[str, object] = field(default_factory=lambda: {"statusCode": 404})
    error: str | None = None
    now: float = HOUR
    settings: dict[str, str] = field(default_factory=dict)
    ups: list[tuple[dict[str, str], list[str]]] = field(default_factory=list)
    """The settings and the targets of each `pulumi up`."""
    reported: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> str:
        program, *arguments = command
        return {"aws": self._aws, "az": self._az, "pulumi": self._pulumi}[program](arguments)

    def _aws(self, arguments: Sequence[str]) -> str:
        match arguments:
            case ["cloudwatch", "describe-alarms", *options]:
                assert options[-2:] == ["--alarm-names", "orders-errors-1a2b3c4"]
                return json.dumps({"MetricAlarms": [{"AlarmName": "orders-errors-1a2b3c4"}] if self._on("aws") else []})
            case ["cloudwatch", "get-metric-data", "--metric-data-queries", queries, *_]:
                return json.dumps({"MetricDataResults": [self._metric(query) for query in json.loads(queries)]})
            case ["lambda", "get-alias", *options]:
                assert options[-2:] == ["--function-name", "orchestrator-1a2b3c4"]
                return json.dumps({"FunctionVersion": NEWEST, "RoutingConfig": {}})
            case ["lambda", "invoke", *options]:
                assert options[:4] == ["--function-name", "orchestrator-1a2b3c4", "--qualifier", NEWEST]
                Path(options[-1]).write_text(json.dumps(self.dry_run))
                return json.dumps({"StatusCode": 200} | ({"FunctionError": self.error} if self.error else {}))
        raise AssertionError(arguments)

    def _az(self, arguments: Sequence[str]) -> str:
        if "--resource" in arguments:
            return json.dumps({"data": {"result": list(self._series(arguments[arguments.index("--url") + 1]))}})
        assert any("targetResourceGroup=crosscloud-prod&" in argument for argument in arguments)
        alert = {"name": "PodsCrash", "properties": {"essentials": {"alertState": self.alert_state}}}
        return json.dumps({"value": [alert] if self._on("az") else []})

    def _pulumi(self, arguments: Sequence[str]) -> str:
        match arguments:
            case ["preview", *_]:
                return json.dumps({"steps": [*self.changed, *KEPT]})
            case ["config", "set-all", "--path", *options]:
                pairs = [option.partition("=") for option in options if "=" in option]
                self.settings |= {path: value for path, _, value in pairs}
            case ["config", "rm-all", "--path", *paths]:
                self.settings = {k: v for k, v in self.settings.items() if k.rpartition(".")[0] not in paths}
            case ["up", *options]:
                targets = [after for option, after in itertools.pairwise(options) if option == "--target"]
                self.ups.append((dict(self.settings), targets))
                if len(self.ups) in self.fail_up:
                    raise DeliveryError("`pulumi up` failed.")
            case _:
                raise AssertionError(arguments)
        return ""

    @property
    def _has_calls(self) -> bool:
        """True if the new versions have calls: after step zero."""
        return len(self.ups) > 1

    def _metric(self, query: dict[str, Any]) -> dict[str, Any]:
        metric = query["MetricStat"]["Metric"]
        version = {each["Name"]: each["Value"] for each in metric["Dimensions"]}.get("version", "")
        counted = {"Invocations": 40.0, "Failures": self.failures if version == NEWEST and self._has_calls else 0.0}
        return {"Id": query["Id"], "Values": [counted.get(metric["MetricName"], 0.0)]}

    def _series(self, url: str) -> Iterator[dict[str, Any]]:
        assert url.startswith("https://query.example/api/v1/query?query=")
        for track, failures in (("stable", 0.0), ("canary", self.canary_failures if self._has_calls else 0.0)):
            for name, value in (("calls", 40.0), ("failures", failures)):
                labels = {"signal": name, "job": "users", "track": track}
                yield {"metric": labels, "value": [self.now, str(value)]}

    def _on(self, kind: str) -> bool:
        return self.alarm == kind and self.alarm_after is not None and self.now - HOUR >= self.alarm_after

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def deliver(self) -> None:
        self.delivery().deliver()

    def delivery(
        self, *, run: Run | None = None, log_in: LogIn = lambda: None, although: Collection[str] = ()
    ) -> Canary:
        return Canary(
            stack="prod",
            run=run or self.run,
            log_in=log_in,
            although=although,
            clock=lambda: self.now,
            sleep=self.sleep,
            report=self.reported.append,
        )


KEPT = [
    step(type_, name, *[{"type": type_, "outputs": {"name": name}}] * 2)
    for type_, name in (
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "orders-errors-1a2b3c4"),
        ("azure-native:resources:ResourceGroup", "crosscloud-prod"),
        ("aws:sqs/queue:Queue", "fulfilment"),
        ("aws:lambda/function:Function", "orchestrator"),
    )
]
WORKSPACE = "azure-native:monitor:AzureMonitorWorkspace"
_kept = {"type": WORKSPACE, "outputs": {"metrics": {"prometheusQueryEndpoint": "https://query.example"}}}
KEPT.append(step(WORKSPACE, "monitoring-metrics", _kept, _kept))


def test_functions_and_services_that_changed_move_in_the_same_steps_that_are_watched() -> None:
    clouds = Clouds()
    clouds.deliver()
    assert clouds.ups == [*((at(weight), []) for weight in (ALL_CALLS, *STEPS)), ({}, [])]
    assert clouds.now - HOUR >= WATCH_SECONDS * (len(clouds.ups) - 1), "step zero has no calls to watch"


def test_failures_of_the_new_version_alone_take_all_calls_back() -> None:
    clouds = Clouds(failures=2)
    expected = (
        r"orchestrator: 2 of 40 calls of the new version failed; of the previous one it was 0 of 40\. The previous"
    )
    with pytest.raises(DeliveryError, match=expected):
        clouds.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]


def test_one_failure_may_be_chance() -> None:
    Clouds(failures=1, canary_failures=1).deliver()


def test_failures_of_a_service_s_new_pods_alone_take_all_calls_back() -> None:
    with pytest.raises(DeliveryError, match=r"users: 3 of 40 calls of the new version failed"):
        Clouds(canary_failures=3).deliver()


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ({"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'x'"}, "Unhandled", "No module"),
        ({"statusCode": 500}, None, "it answers with 500"),
    ],
)
def test_a_version_that_can_t_begin_gets_no_call(answer: dict[str, object], error: str | None, told: str) -> None:
    clouds = Clouds(dry_run=answer, error=error)
    with pytest.raises(DeliveryError, match=f"orchestrator: version 42 fails before it is called: .*{told}"):
        clouds.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS)]


@pytest.mark.parametrize("kind", ["aws", "az"])
@pytest.mark.parametrize("number", range(len(STEPS) + 1))
def test_an_alarm_of_either_cloud_takes_all_calls_back_at_any_step(number: int, kind: str) -> None:
    clouds = Clouds(alarm=kind, alarm_after=WATCH_SECONDS * number + 60)
    with pytest.raises(DeliveryError, match=r"fired\. The previous orchestrator, users have their calls back\. Revert"):
        clouds.deliver()
    assert len(clouds.ups) == number + 3
    settings, targets = clouds.ups[-1]
    assert settings == at(ALL_CALLS)
    assert targets


def test_a_deployment_that_fails_before_anybody_calls_the_new_versions_needs_no_return() -> None:
    """A return could even fail: what a new version depends on, such as its migrations, may not be there."""
    clouds = Clouds(fail_up=(1,))
    with pytest.raises(DeliveryError, match=r"`pulumi up` failed\. The previous orchestrator, users have all calls\."):
        clouds.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS)]


@pytest.mark.parametrize("number", range(2, len(STEPS) + 3))
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


OF_THE_CLI = {"cli-binary-format"}
"""Options of every command, which are none of an operation."""


def test_the_commands_of_aws_exist_with_their_options() -> None:
    commands: dict[str, Sequence[str]] = {}
    clouds = Clouds()

    def run(command: Sequence[str]) -> str:
        if command[0] == "aws":
            commands[command[2]] = command
        return clouds.run(command)

    Canary(
        stack="prod", run=run, log_in=lambda: None, clock=lambda: clouds.now, sleep=clouds.sleep, report=lambda _: None
    ).deliver()
    assert commands.keys() == {"describe-alarms", "get-metric-data", "get-alias", "invoke"}
    for _, service, command, *options in commands.values():
        assert unknown_options(service, command, shlex.join(options)) <= OF_THE_CLI


def test_no_alarm_of_its_own_is_not_every_alarm_of_the_account() -> None:
    def run(command: Sequence[str]) -> str:
        raise AssertionError(command)

    assert Alarms(names=(), groups=(), run=run).firing() == []


def test_an_alert_that_somebody_has_closed_does_not_count() -> None:
    clouds = Clouds(alarm="az", alarm_after=0, alert_state="Closed")
    clouds.deliver()
    assert len(clouds.ups) == len(STEPS) + 2


def test_the_first_deployment_has_nothing_to_keep() -> None:
    clouds = Clouds(changed=[alias("orchestrator", None, {}), pods("users", None, NEW)])
    clouds.deliver()
    assert clouds.ups == [({}, [])]


def test_settings_of_a_service_alone_are_deployed_at_once() -> None:
    changed = pods("users", OLD, OLD)
    container = {"image": OLD, "resources": {"limits": {"memory": "512Mi"}}}
    new = {**_deployment(OLD, "stable"), "spec": {"template": {"spec": {"containers": [container]}}}}
    changed |= {"op": "update", "newState": {"type": "kubernetes:apps/v1:Deployment", "inputs": new}}
    clouds = Clouds(changed=[changed], failures=9, canary_failures=9)
    clouds.deliver()
    assert clouds.ups == [({}, [])]


def test_a_function_that_is_kept_warm_does_not_move_in_steps() -> None:
    warm = step("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "orchestrator", {}, {})
    assert [release.name for release in releases({"steps": [*CHANGED, warm]})] == ["users"]


def test_a_canary_of_somebody_s_own_is_left_alone() -> None:
    changed = [pods("users", OLD, OLD), pods("users-canary", OLD, NEW, track="canary")]
    assert list(releases({"steps": changed})) == []


def test_after_a_return_the_previous_version_is_still_the_one_that_serves() -> None:
    returned = live("orchestrator", "42") | {"routingConfig": {"additionalVersionWeights": {"41": 1}}}
    changed = [alias("orchestrator", returned, live("orchestrator", "42")), pods("users", OLD, NEW)]
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


MISSING = {"cloudwatch get-metric-data": "{}", "cloudwatch describe-alarms": "no JSON", "rest --method": '{"data": {}}'}
"""Answers that the delivery does not understand, by the beginning of the command."""


def interrupted(clouds: Clouds, stop: Callable[[Sequence[str]], str | None]) -> Canary:
    """A delivery with commands that may answer otherwise, once the first step has been deployed."""

    def run(command: Sequence[str]) -> str:
        answer = stop(command) if len(clouds.ups) == 2 else None
        return clouds.run(command) if answer is None else answer

    return clouds.delivery(run=run)


@pytest.mark.parametrize("beginning", MISSING)
def test_an_answer_of_another_form_takes_all_calls_back(beginning: str) -> None:
    clouds = Clouds()
    delivery = interrupted(
        clouds, lambda command: MISSING[beginning] if " ".join(command[1:]).startswith(beginning) else None
    )
    with pytest.raises((KeyError, ValueError)):
        delivery.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]
    assert re.search(r"stopped by (KeyError|JSONDecodeError): .*have their calls back\.", clouds.reported[-1])


def test_a_job_that_is_cancelled_takes_all_calls_back() -> None:
    clouds = Clouds()

    def cancel(_: Sequence[str]) -> str | None:
        raise KeyboardInterrupt

    delivery = interrupted(clouds, lambda command: cancel(command) if command[0] == "aws" else None)
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]


@pytest.mark.parametrize("step_", [*STEPS[1:], None], ids=str)
def test_a_setting_that_can_t_be_written_takes_all_calls_back(step_: float | None) -> None:
    clouds = Clouds()

    def run(command: Sequence[str]) -> str:
        last = command[1:3] == ["config", "rm-all"]
        if last if step_ is None else any(option.endswith(f".weight={step_}") for option in command):
            raise DeliveryError("`pulumi config` failed.")
        return clouds.run(command)

    with pytest.raises(DeliveryError, match=r"`pulumi config` failed\. The previous orchestrator, users have their"):
        clouds.delivery(run=run).deliver()
    assert clouds.ups[-1][0] == at(ALL_CALLS)


def test_a_return_whose_setting_can_t_be_written_says_both_reasons() -> None:
    clouds = Clouds(failures=2)

    def run(command: Sequence[str]) -> str:
        if "set-all" in command and len(clouds.ups) == 2:
            raise DeliveryError("`pulumi config` failed.")
        return clouds.run(command)

    expected = (
        r"2 of 40 calls of the new version failed.*THE RETURN FAILED TOO: `pulumi config` failed\. Return by hand"
    )
    with pytest.raises(DeliveryError, match=expected):
        clouds.delivery(run=run).deliver()


@pytest.mark.parametrize("error", [KeyError("value"), OSError("no space left"), ValueError("no JSON")], ids=repr)
def test_whatever_is_wrong_with_a_log_in_a_return_goes_on(error: Exception) -> None:
    clouds = Clouds(failures=2)

    def log_in() -> None:
        raise error

    with pytest.raises(DeliveryError, match=r"have their calls back\. Revert"):
        clouds.delivery(log_in=log_in).deliver()
    assert f"{type(error).__name__}: {error} The delivery goes on with the log-in that it has." in clouds.reported


FIRING = {"aws": "orders-errors-1a2b3c4", "az": "PodsCrash"}


@pytest.mark.parametrize("kind", FIRING)
def test_a_mend_is_delivered_while_the_alarm_fires_that_it_is_for(kind: str) -> None:
    clouds = Clouds(alarm=kind, alarm_after=0)
    with pytest.raises(DeliveryError, match=f"with `--although {FIRING[kind]}`"):
        clouds.deliver()
    clouds.delivery(although=(FIRING[kind],)).deliver()
    assert clouds.settings == {}
    assert len(clouds.ups) == len(STEPS) + 2
    assert f"{FIRING[kind]} fires; this delivery goes on in spite of it." in clouds.reported


def test_an_alarm_that_is_not_named_returns_a_mend_too() -> None:
    clouds = Clouds(alarm="aws", alarm_after=60)
    with pytest.raises(DeliveryError, match=r"orders-errors-1a2b3c4 fired\. The previous .* have their calls back"):
        clouds.delivery(although=("PodsCrash",)).deliver()


@pytest.mark.parametrize(("variable", "expected"), [("", ()), ("a-1 b-2", ("a-1", "b-2"))])
def test_the_alarms_may_come_from_the_environment(
    variable: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workflow sets the variable, which is empty when nobody named an alarm."""
    monkeypatch.setenv("DELIVER_ALTHOUGH", variable)
    _, bound, _ = app.parse_args(["--stack", "prod"], print_error=False, exit_on_error=False)
    assert bound.arguments.get("although", ()) == expected


def test_a_signal_to_end_interrupts_a_delivery_as_a_person_does(monkeypatch: pytest.MonkeyPatch) -> None:
    former = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Canary, "deliver", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(KeyboardInterrupt):
            canary(stack="prod")
    finally:
        signal.signal(signal.SIGTERM, former)
