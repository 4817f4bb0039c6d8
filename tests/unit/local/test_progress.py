from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from local.progress import Progress
from local.steps import StepEvent

ROLE = StepEvent(urn="urn:r", type="aws:iam/role:Role", name="role", operation="create", seconds=1.25)
SAME = StepEvent(urn="urn:s", type="aws:iam/role:Role", name="same", operation="same")


def show(*steps: StepEvent) -> tuple[str, Progress]:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    progress = Progress(console)
    for step in steps:
        progress(step)
    return console.file.getvalue(), progress  # type: ignore[attr-defined]


def test_each_change_is_one_line() -> None:
    out, progress = show(SAME, ROLE)
    assert out == "+ aws:Role role created (1.2 s)\n"
    assert progress.summary() == "1 change: 1 created, 1 unchanged"


def test_nothing_changed_shows_no_line() -> None:
    out, progress = show(SAME)
    assert out == ""
    assert progress.summary() == "0 changes: 1 unchanged"


def test_a_failure_is_shown_with_its_reason() -> None:
    out, progress = show(replace(ROLE, seconds=0.5, error="no more roles"))
    assert "role failed (0.5 s): no more roles" in out
    assert progress.summary() == "1 change: 1 failed"


def test_changed_properties_are_named_and_counted_by_operation() -> None:
    update = replace(ROLE, operation="update", changed=("policy", "tags"), seconds=0.1)
    delete = replace(ROLE, urn="urn:d", operation="delete", seconds=0.1)
    out, progress = show(update, delete, SAME)
    assert "~ aws:Role role updated (0.1 s) [policy, tags]" in out
    assert "- aws:Role role deleted (0.1 s)" in out
    assert progress.summary() == "2 changes: 1 updated, 1 deleted, 1 unchanged"


def test_a_run_is_kept_as_one_line_with_its_changes(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    for steps in ((SAME, ROLE), (SAME, SAME)):
        show(*steps)[1].append_to(file)
    first, second = map(json.loads, file.read_text().splitlines())
    assert first["began"] <= first["ended"] <= second["ended"]
    assert (first["unchanged"], second["unchanged"], second["changes"]) == (1, 2, [])
    (change,) = first["changes"]
    assert (change["name"], change["operation"], change["seconds"], change["error"]) == ("role", "create", 1.25, None)
