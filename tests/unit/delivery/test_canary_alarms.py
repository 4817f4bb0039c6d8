"""Alarms before and during a canary delivery, and those that a mend goes on in spite of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from delivery.alarms import Alarms
from delivery.canary import ALL_CALLS, STEPS, app
from delivery.commands import DeliveryError
from tests.unit.delivery.played_clouds import WATCH_SECONDS, Clouds, at


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


@pytest.mark.parametrize("kind", ["aws", "az"])
def test_nothing_is_deployed_while_an_alarm_goes_off(kind: str) -> None:
    clouds = Clouds(alarm=kind, alarm_after=0)
    with pytest.raises(DeliveryError, match=r"nothing is deployed"):
        clouds.deliver()
    assert clouds.ups == []


def test_no_alarm_of_its_own_is_not_every_alarm_of_the_account() -> None:
    def run(command: Sequence[str]) -> str:
        raise AssertionError(command)

    assert Alarms(names=(), groups=(), run=run).firing() == []


def test_an_alert_that_somebody_has_closed_does_not_count() -> None:
    clouds = Clouds(alarm="az", alarm_after=0, alert_state="Closed")
    clouds.deliver()
    assert len(clouds.ups) == len(STEPS) + 2


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
