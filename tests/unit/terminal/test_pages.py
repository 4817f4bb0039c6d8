"""Every command of ours that a page or a message names exists, with its options, in the form that works as pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cyclopts import App

from delivery import canary, events, hours, smoke
from delivery.drift import __main__ as drift
from delivery.preflight import __main__ as preflight
from planning import commands as planning
from policy import __main__ as policy
from terminal import commands
from tests.support.program import ROOT

APPS: Mapping[str, App] = {
    "canary": canary.app,
    "drift --stack": drift.app,
    "events": events.app,
    "hours": hours.app,
    "planning": planning.app,
    "policy": policy.app,
    "preflight": preflight.app,
    "smoke": smoke.app,
}
"""The commands that have commands of their own, by the launcher's word for them. Any other is one of the terminal's:
`drift` too, without a stack in the clouds."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = ("delivery", "local", "planning", "telemetry", "terminal", "tools")
SOURCES = [path for name in FOLDERS for path in (ROOT / name).rglob("*.py")]
COMMAND = re.compile(r"\./crosscloud ([a-z][^`\n)|\"\\\[]*)")
ELSEWHERE = re.compile(r"python -m (?:local|delivery\.\w+|planning|policy)\b(?!`, which)")


def named(path: Path) -> Iterator[str]:
    """Yields the command lines in a text, without the launcher. What a shell would put into them is a word."""
    for words in COMMAND.findall(re.sub(r'"\$\((?!\./)[^\n]*\)"|"\$\w[^"\n]*"', "value", path.read_text())):
        yield re.sub(r"[.,;:']+$", "", words.split(" # ")[0]).strip()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_of_a_page_exists_with_its_options(path: Path) -> None:
    for command in named(path):
        word, *words = shlex.split(command)
        word = "drift --stack" if word == "drift" and "--stack" in words else word
        assert word in APPS or word in commands.app, command
        if word not in APPS:
            commands.app.parse_args([word, *words], exit_on_error=False, print_error=False)
        elif any(each.startswith("-") for each in words):
            APPS[word].parse_args(words, exit_on_error=False, print_error=False)
        else:  # the name of a command, whose options the sentence leaves out
            assert all(each in APPS[word] for each in words[:1]), command
    assert ELSEWHERE.findall(path.read_text()) == []


def test_a_command_of_a_message_exists() -> None:
    found = {command.split("{")[0].split()[0] for path in SOURCES for command in named(path)}
    assert {"logs", "start", "resume", "events"} <= found
    assert {word for word in found if word not in APPS and word not in commands.app} == set()
