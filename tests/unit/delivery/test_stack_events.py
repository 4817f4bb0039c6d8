"""The places at which the commands for events find a stack's bus and queues."""

import json
from pathlib import Path

import pytest

from delivery.commands import DeliveryError
from delivery.stack_events import open_stack

EVENTS = {"bus": "arn:aws:events:eu-west-3:123456789012:event-bus/orders", "dead_letters": {"relay": {}}}


def test_a_stack_in_aws_is_known_by_its_outputs_and_reached_with_the_users_own_credentials() -> None:
    commands: list[list[str]] = []

    def run(command: object) -> str:
        commands.append(list(command))  # type: ignore[call-overload]
        return json.dumps({"events": EVENTS})

    opened = open_stack("prod", run=run)

    assert commands == [["pulumi", "stack", "output", "--json", "--stack", "prod", "--non-interactive"]]
    assert (opened.exported, opened.access) == (EVENTS, {})


def test_the_stack_of_this_machine_is_reached_at_its_emulator(tmp_path: Path) -> None:
    access = {
        "endpoint_url": "http://127.0.0.1:4566",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    (tmp_path / "outputs.json").write_text(json.dumps({"events": EVENTS}))
    (tmp_path / "aws.json").write_text(json.dumps(access))

    client = open_stack("local", home=tmp_path).client("sqs")

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "eu-west-3"


def test_profiles_of_the_user_have_no_say_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    test_the_stack_of_this_machine_is_reached_at_its_emulator(tmp_path)


def test_a_stack_that_was_not_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"There is no .*outputs\.json: start the local stack with `make up`"):
        open_stack("local", home=tmp_path)


@pytest.mark.parametrize(("stack", "command"), [("local", "make up"), ("dev", "pulumi up --stack dev")])
def test_a_stack_from_before_is_to_be_brought_up_to_date(tmp_path: Path, stack: str, command: str) -> None:
    (tmp_path / "outputs.json").write_text("{}")
    (tmp_path / "aws.json").write_text("{}")

    with pytest.raises(DeliveryError, match=f"Bring it up to date: `{command}`"):
        open_stack(stack, run=lambda _: "{}", home=tmp_path)


def test_what_a_stack_does_not_have_is_named() -> None:
    opened = open_stack("prod", run=lambda _: json.dumps({"events": EVENTS}))

    with pytest.raises(DeliveryError, match="The stack has no dead letters 'orders'; it has relay"):
        opened.chosen("dead_letters", "orders")
