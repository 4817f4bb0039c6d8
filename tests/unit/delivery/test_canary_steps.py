"""The steps of a canary delivery against clouds that are played."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest

from components.settings.aws import Canary as FunctionCanary
from components.settings.checks import Circumstances
from components.settings.services import ServiceCanary
from delivery.canary import ALL_CALLS, STEPS, Canary
from delivery.commands import DeliveryError
from tests.support.aws_cli import unknown_options
from tests.unit.delivery.played_clouds import HOUR, WATCH_SECONDS, Clouds, at
from tests.unit.delivery.previews import NEW, OLD, alias, deployment, pods


def test_functions_and_services_that_changed_move_in_the_same_steps_that_are_watched() -> None:
    clouds = Clouds()
    clouds.deliver()
    assert clouds.ups == [*((at(weight), []) for weight in (ALL_CALLS, *STEPS)), ({}, [])]
    assert clouds.now - HOUR >= WATCH_SECONDS * (len(clouds.ups) - 1), "step zero has no calls to watch"


def test_one_failure_may_be_chance() -> None:
    Clouds(failures=1, canary_failures=1).deliver()


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
        stack="prod",
        run=run,
        log_in=lambda: None,
        guard=lambda: None,
        clock=lambda: clouds.now,
        sleep=clouds.sleep,
        report=lambda _: None,
    ).deliver()
    assert commands.keys() == {"describe-alarms", "get-metric-data", "get-alias", "invoke"}
    for _, service, command, *options in commands.values():
        assert unknown_options(service, command, shlex.join(options)) <= OF_THE_CLI


def test_the_first_deployment_has_nothing_to_keep() -> None:
    clouds = Clouds(changed=[alias("orchestrator", None, {}), pods("users", None, NEW)])
    clouds.deliver()
    assert clouds.ups == [({}, [])]


def test_settings_of_a_service_alone_are_deployed_at_once() -> None:
    changed = pods("users", OLD, OLD)
    container = {"image": OLD, "resources": {"limits": {"memory": "512Mi"}}}
    new = {**deployment(OLD, "stable"), "spec": {"template": {"spec": {"containers": [container]}}}}
    changed |= {"op": "update", "newState": {"type": "kubernetes:apps/v1:Deployment", "inputs": new}}
    clouds = Clouds(changed=[changed], failures=9, canary_failures=9)
    clouds.deliver()
    assert clouds.ups == [({}, [])]


@pytest.mark.parametrize("weight", [*STEPS, ALL_CALLS])
def test_every_step_is_a_setting_that_the_program_takes(weight: float) -> None:
    """`pulumi config set --path` makes texts of fractions."""
    assert FunctionCanary.model_validate({"previousVersion": 41, "weight": str(weight)}).weight == weight
    share = {"previousImage": OLD, "weight": str(weight)}
    in_production = Circumstances(production=True, this_machine=False)
    assert ServiceCanary.model_validate(share, context=in_production).weight == weight


def test_lost_data_stop_a_delivery_before_anything_is_deployed() -> None:
    clouds = Clouds()

    def lost() -> None:
        raise DeliveryError("prod has lost the table orders.")

    with pytest.raises(DeliveryError, match="has lost the table"):
        clouds.delivery(guard=lost).deliver()
    assert (clouds.ups, clouds.settings) == ([], {})


def test_lost_data_stop_a_step_and_hold_no_return_up() -> None:
    clouds = Clouds()

    def lost_after_step_zero() -> None:
        if clouds.ups:
            raise DeliveryError("prod has lost the table orders.")

    with pytest.raises(DeliveryError, match=r"has lost the table orders\. The previous .* have their calls back"):
        clouds.delivery(guard=lost_after_step_zero).deliver()
    assert [(settings, bool(targets)) for settings, targets in clouds.ups] == [
        (at(ALL_CALLS), False),
        (at(ALL_CALLS), True),
    ]


def test_each_update_of_a_delivery_is_guarded() -> None:
    clouds, guarded = Clouds(), []
    clouds.delivery(guard=lambda: guarded.append(len(clouds.ups))).deliver()
    assert guarded == [0, *range(len(clouds.ups))]
