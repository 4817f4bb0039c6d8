"""All calls go back to the previous versions, whatever stops a canary delivery."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence

import pytest

from delivery import commands
from delivery.canary import ALL_CALLS, STEPS, Canary, canary
from delivery.commands import DeliveryError
from tests.unit.delivery.played_clouds import Clouds, at


def test_failures_of_the_new_version_alone_take_all_calls_back() -> None:
    clouds = Clouds(failures=2)
    expected = (
        r"orchestrator: 2 of 40 calls of the new version failed; of the previous one it was 0 of 40\. The previous"
    )
    with pytest.raises(DeliveryError, match=expected):
        clouds.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]


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


MISSING = {"cloudwatch get-metric-data": "{}", "rest --method": '{"data": {}}'}
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
    with pytest.raises(KeyError):
        delivery.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]
    assert re.search(r"stopped by KeyError: .*have their calls back\.", clouds.reported[-1])


def test_an_answer_that_is_no_json_takes_all_calls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PAUSE_SECONDS", 0)
    clouds = Clouds()
    delivery = interrupted(clouds, lambda command: "no JSON" if command[2] == "describe-alarms" else None)
    with pytest.raises(DeliveryError, match=r"describe-alarms` did not answer with JSON .*have their calls back\.\Z"):
        delivery.deliver()
    assert [settings for settings, _ in clouds.ups] == [at(ALL_CALLS), at(STEPS[0]), at(ALL_CALLS)]


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


def test_a_signal_to_end_interrupts_a_delivery_as_a_person_does(monkeypatch: pytest.MonkeyPatch) -> None:
    former = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Canary, "deliver", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(KeyboardInterrupt):
            canary(stack="prod")
    finally:
        signal.signal(signal.SIGTERM, former)
