from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local.steps import StepEvent
from terminal.display import FEW, Display

ROLE = StepEvent(urn="urn:r", type="aws:iam/role:Role", name="role", operation="create", seconds=1.25)
SAME = StepEvent(urn="urn:s", type="aws:iam/role:Role", name="same", operation="same")


def show(*steps: StepEvent, terminal: bool = False) -> str:
    """Returns what is printed of the steps and their summary."""
    console = Console(
        file=io.StringIO(), width=100, color_system=None, force_terminal=terminal, force_interactive=False
    )
    display = Display(console)
    for step in steps:
        display(step)
    display.summary()
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_each_change_is_one_line() -> None:
    assert show(SAME, ROLE) == "+ aws:Role role created (1.2 s)\n  1 change: 1 created, 1 unchanged\n"


def test_nothing_changed_shows_no_line() -> None:
    assert show(SAME) == "  0 changes: 1 unchanged\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_a_failure_is_shown_with_its_reason(*, terminal: bool) -> None:
    out = show(replace(ROLE, seconds=0.5, error="no more roles"), terminal=terminal)
    assert "role failed (0.5 s): no more roles" in out
    assert "  1 change: 1 failed\n" in out


def test_a_reason_can_not_steer_the_terminal() -> None:
    out = show(replace(ROLE, error="\x1b]0;mine\x07\x1b[2Jno\tmore\n\x9broles\x7f"))
    assert r"failed (1.2 s): \x1b]0;mine\x07\x1b[2Jno" in out
    assert r"\x9broles\x7f" in out
    assert not {"\x1b", "\x07", "\x9b", "\x7f"} & {*out}


def test_changed_properties_are_named_and_counted_by_operation() -> None:
    update = replace(ROLE, operation="update", changed=("policy", "tags"), seconds=0.1)
    delete = replace(ROLE, urn="urn:d", operation="delete", seconds=0.1)
    out = show(update, delete, SAME)
    assert "~ aws:Role role updated (0.1 s) [policy, tags]" in out
    assert "- aws:Role role deleted (0.1 s)" in out
    assert "  2 changes: 1 updated, 1 deleted, 1 unchanged\n" in out


def test_a_run_is_kept_as_one_line_with_its_changes(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    for steps in ((SAME, ROLE), (SAME, SAME)):
        display = Display(Console(file=io.StringIO()))
        for step in steps:
            display(step)
        display.append_to(file)
    Display(Console(file=io.StringIO())).append_to(file)  # it was refused before its first step
    first, second = map(json.loads, file.read_text().splitlines())
    assert first["began"] <= first["ended"] <= second["ended"]
    assert (first["unchanged"], second["unchanged"], second["changes"]) == (1, 2, [])
    (change,) = first["changes"]
    assert (change["name"], change["operation"], change["seconds"], change["error"]) == ("role", "create", 1.25, None)


@pytest.mark.parametrize(("changes", "lines"), [(FEW, FEW + 1), (FEW + 1, 1)])
def test_a_terminal_gets_lines_of_few_changes_and_else_their_number(changes: int, lines: int) -> None:
    assert len(show(SAME, *[ROLE] * changes, terminal=True).splitlines()) == lines
    assert len(show(SAME, *[ROLE] * changes).splitlines()) == changes + 1


def test_a_phase_names_what_is_done_and_under_way_in_one_line_of_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=60, height=24, force_terminal=True, color_system=None)
    display, running = Display(console), {str(number): f"step-{number}" for number in range(5)}
    display(SAME)
    with display.phase("program", running.values()):
        pass
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "program: 1 done; step-2, step-3, step-4 and 2 more" in shown
    assert shown.rstrip().splitlines()[-1].endswith(" s")
