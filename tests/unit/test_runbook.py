"""The commands of the runbook exist: those of AWS with the options that its SDK knows, and ours.

Those with a form for this machine are run by a test.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping

import pytest
from cyclopts import App

from app.functions.fulfilment.queue import FAILURES
from components.azure.database_alerts import alerts as database_alerts
from components.cluster_alerts import alerts as cluster_alerts
from components.settings.aws import EventsSettings
from delivery import canary, events
from delivery.drift import __main__ as drift
from policy import __main__ as policy
from terminal import commands as terminal
from tests.support.aws_cli import commands, unknown_options
from tests.support.program import ROOT, STACKS, deployed
from tests.support.runbook import COMMANDS, LAUNCHER, TEXT
from tools.runbook.__main__ import PAGE, alarms, generate

AWS = commands(TEXT)
APPS: Mapping[str, App] = {"canary": canary.app, "drift --stack": drift.app, "events": events.app, "policy": policy.app}
"""The commands that have commands of their own, by the launcher's word for them. Any other is one of the terminal's."""
CLOUDS_ONLY = ("canary", "policy", "drift --stack")
"""Commands without a form for this machine: they deploy by an engine or ask it, or compare revisions."""
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
CELLS = re.findall(r"`((?:aws|pulumi|kubectl|make|\./crosscloud)[^`]*)`", TEXT)


@pytest.mark.parametrize(
    ("service", "command", "rest"), AWS, ids=[f"{service} {command}" for service, command, _ in AWS]
)
def test_a_command_of_aws_exists_with_its_options(service: str, command: str, rest: str) -> None:
    assert unknown_options(service, command, rest) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_ours_exists_with_its_options(command: str) -> None:
    word, *words = shlex.split(command.removeprefix(LAUNCHER))
    word = f"{word} --stack" if word == "drift" and "--stack" in words else word
    app, words = (APPS[word], words) if word in APPS else (terminal.app, [word, *words])
    app.parse_args(words, exit_on_error=False, print_error=False)


def test_a_redrive_names_the_queue_that_the_messages_go_to() -> None:
    """Events that EventBridge could not deliver were in no queue before, so that SQS knows none by itself."""
    moves = [rest for _, command, rest in AWS if command == "start-message-move-task"]
    assert moves
    assert [rest for rest in moves if "--destination-arn" not in rest] == []


def test_every_command_of_ours_works_as_it_is_pasted() -> None:
    assert (
        re.findall(r"python -m (?!tools\.runbook)\S+|(?<!\./)crosscloud (?:local|events|canary|logs|status)", TEXT)
        == []
    )


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if not each.removeprefix(LAUNCHER).startswith(CLOUDS_ONLY)]
)
def test_a_command_with_a_form_for_this_machine_is_run_by_a_test(command: str) -> None:
    word, *words = shlex.split(command.removeprefix(LAUNCHER))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").glob("*/*.py") if path.parent.name != "unit")
    run = (
        f'"{word} {words[0]}' if word in APPS else f'run("{word}"'
    )  # by the runbook's own line, or as a stack's command
    assert run in sources, f"no test of tests/local runs {word} {' '.join(words)}"


@pytest.mark.parametrize("text", [*BLOCKS, *CELLS])
def test_a_shell_can_read_it(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text.replace(r"\|", "|"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_commands_of_each_kind() -> None:
    assert len(AWS) >= 8
    assert len(COMMANDS) >= 8
    assert len(BLOCKS) >= 4
    assert len(CELLS) >= 10


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


def in_words(minutes: int) -> str:
    """Returns a number of minutes as the pages write it: a word up to ten, digits above."""
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return f"{words[minutes - 1] if minutes <= len(words) else minutes} minutes"


def test_an_alarm_of_aws_says_for_how_many_minutes_it_waits() -> None:
    entries = {alarm["name"]: alarm["means"] for alarm in alarms("aws")}
    waits = {
        alarm.name: alarm["evaluationPeriods"]
        for stack in STACKS
        for alarm in deployed(stack, False).all("MetricAlarm")
        if alarm["evaluationPeriods"] > 1
    }
    assert waits
    for name, minutes in waits.items():
        assert in_words(minutes) in entries.get(name, entries.get(f"…-{name.rpartition('-')[2]}", "")), name


def test_an_alert_of_azure_says_for_how_many_minutes_it_waits() -> None:
    entries = {alarm["name"]: alarm["means"] for alarm in alarms("azure")}
    waits = {alert.name: alert.minutes for alert in cluster_alerts("apps")}
    waits |= {f"…-database-{name}": alert.minutes for name, alert in database_alerts("Standard_D2ds_v5").items()}
    for name, minutes in waits.items():
        if minutes > 1 and "days" not in entries[name]:  # a quarter of an hour more is nothing beside days
            assert in_words(minutes) in entries[name], name


def test_how_long_an_event_is_tried_is_what_its_pauses_come_to() -> None:
    tries = EventsSettings.model_fields["max_receives"].default
    longest = sum(min(FAILURES.longest, FAILURES.first * 2**n) for n in range(tries - 1))
    words = f"{FAILURES.fixed * longest / 60:.0f} to {longest / 60:.0f} minutes"
    assert tries == 10
    assert words in TEXT
    assert words in (ROOT / "docs" / "commerce.md").read_text()
    assert words in EventsSettings.model_fields["max_receives"].description
