from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from local.progress import Progress
from local.steps import StepEvent

ROLE = StepEvent(urn="urn:r", type="aws:iam/role:Role", name="role", operation="create")
SAME = StepEvent(urn="urn:s", type="aws:iam/role:Role", name="same", operation="same", seconds=0.0)


def show(*steps: StepEvent, terminal: bool) -> tuple[str, Progress]:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    with Progress(console) as progress:
        for step in steps:
            progress(step)
    return console.file.getvalue(), progress  # type: ignore[attr-defined]


def test_without_a_terminal_each_finished_change_is_one_line() -> None:
    out, _ = show(SAME, ROLE, replace(ROLE, seconds=1.25), terminal=False)
    assert out == "+ aws:Role role created (1.2 s)\n"


def test_on_a_terminal_a_status_line_counts_and_names_what_is_under_way() -> None:
    out, _ = show(SAME, ROLE, replace(ROLE, urn="urn:o", name="other"), replace(ROLE, seconds=1.25), terminal=True)
    assert "+ aws:Role role created (1.2 s)\n" in out
    assert "1 unchanged in 0.0 s: role, other" in out
    assert "1 created, 1 unchanged in 0.0 s: other" in out
    assert "aws:Role same" not in out


def test_nothing_changed_shows_no_line() -> None:
    out, progress = show(SAME, terminal=False)
    assert out == ""
    assert progress.changes == 0
    assert progress.summary().startswith("1 unchanged in ")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_failure_is_shown_with_its_reason(terminal: bool) -> None:
    out, progress = show(ROLE, replace(ROLE, seconds=0.5, error="no more roles"), terminal=terminal)
    assert "role failed (0.5 s): no more roles" in out
    assert progress.summary().startswith("1 failed in ")


def test_changed_properties_are_named_and_counted_by_operation() -> None:
    update = replace(ROLE, operation="update", changed=("policy", "tags"), seconds=0.1)
    delete = replace(ROLE, urn="urn:d", operation="delete", seconds=0.1)
    out, progress = show(update, delete, SAME, terminal=False)
    assert "~ aws:Role role updated (0.1 s) [policy, tags]" in out
    assert "- aws:Role role deleted (0.1 s)" in out
    assert progress.changes == 2
    assert progress.summary().startswith("1 updated, 1 deleted, 1 unchanged in ")
