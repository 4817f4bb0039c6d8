"""The questions by which AWS simulates the rights of docs/deploy."""

from __future__ import annotations

import json

import pytest

from delivery.preflight.rights_aws import FOLDER, POLICIES, questions

NAMES = {"ACCOUNT": "111122223333", "REGION": "eu-central-1", "BUCKET": "state", "KEY": "1234abcd"}


def statements(policy: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((FOLDER / f"{policy}.json").read_text())["Statement"]
    return found


def listed(policies: tuple[str, ...]) -> set[str]:
    """Returns the actions of policies."""
    actions = [each["Action"] for policy in policies for each in statements(policy)]
    return {action for each in actions for action in ([each] if isinstance(each, str) else each)}  # type: ignore[union-attr]


def test_every_action_but_the_patterns_is_asked_about() -> None:
    asked = {action for actions in questions(NAMES).values() for action in actions}
    assert asked == {action for action in listed(POLICIES) if "*" not in action}
    assert len(asked) > 150


def test_conditions_have_values_without_which_everything_would_be_denied() -> None:
    keys = {key for question in questions(NAMES) for key, _ in question.context}
    assert keys == {"aws:RequestedRegion", "iam:AWSServiceName", "iam:PassedToService", "kms:ViaService"}
    values = {value for question in questions(NAMES) for key, value in question.context if key == "aws:RequestedRegion"}
    assert values == {"eu-central-1"}


def test_resources_are_whole_arns() -> None:
    for question in questions(NAMES):
        assert question.resource == "*" or "*" not in question.resource
        assert not any(name in question.resource for name in NAMES)


@pytest.mark.parametrize("name", ["BUCKET", "KEY"])
def test_what_is_not_known_of_the_state_is_left_out(name: str) -> None:
    known = {key: value for key, value in NAMES.items() if key != name}
    assert 0 < len(questions(NAMES)) - len(questions(known)) <= 2
    assert not any(name in question.resource for question in questions(known))
