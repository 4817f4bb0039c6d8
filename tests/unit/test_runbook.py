"""What the runbook tells to type exists: commands and options of AWS as its SDK knows them, and ours."""

from __future__ import annotations

import re
import shlex

import pytest

from components.azure.database_alerts import alerts as database_alerts
from components.cluster_alerts import alerts as cluster_alerts
from local.__main__ import app
from tests.support.aws_cli import commands, unknown_options
from tests.support.program import ROOT, STACKS, deployed
from tools.runbook.__main__ import PAGE, alarms, generate

TEXT = (ROOT / "docs" / "runbook.md").read_text()
AWS = commands(TEXT)
OURS = re.findall(r"`python -m local ([^`]+)`", TEXT)


@pytest.mark.parametrize(
    ("service", "command", "rest"), AWS, ids=[f"{service} {command}" for service, command, _ in AWS]
)
def test_a_command_of_aws_exists_with_its_options(service: str, command: str, rest: str) -> None:
    assert unknown_options(service, command, rest) == set()


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_ours_exists_with_its_options(command: str) -> None:
    app.parse_args(shlex.split(command), exit_on_error=False, print_error=False)


def test_a_redrive_names_the_queue_that_the_messages_go_to() -> None:
    """Events that EventBridge could not deliver were in no queue before, so that SQS knows none by itself."""
    moves = [rest for _, command, rest in AWS if command == "start-message-move-task"]
    assert moves
    assert [rest for rest in moves if "--destination-arn" not in rest] == []


def test_the_runbook_has_commands_of_aws_and_of_this_repository() -> None:
    assert len(AWS) >= 15
    assert len(OURS) >= 4


def test_the_tables_are_those_of_alarms_yaml() -> None:
    assert (ROOT / PAGE).read_text() == generate()


def test_every_alarm_of_aws_is_in_the_table_and_no_other() -> None:
    names = {alarm.name for stack in STACKS for alarm in deployed(stack, False).all("MetricAlarm")}
    entries = {alarm["name"] for alarm in alarms("aws")}
    assert {name for name in names if not {name, f"…-{name.rpartition('-')[2]}"} & entries} == set()
    assert {entry for entry in entries if not any(name.endswith(entry.lstrip("…")) for name in names)} == set()


def test_every_alert_of_azure_is_in_the_table_and_no_other() -> None:
    names = {alert.name for alert in cluster_alerts("apps")}
    names |= {f"…-database-{name}" for name in database_alerts("Standard_D2ds_v5")}
    assert {alarm["name"] for alarm in alarms("azure")} == names
