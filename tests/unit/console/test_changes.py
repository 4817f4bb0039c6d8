"""The page of what each `make up` has changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from console.context import Context
from tests.unit.console.client import Client, words


def test_changes_show_what_the_last_run_did(client: Client, root: Path) -> None:
    assert "6 changes" in words(client.page("/changes"))
    failed = {"urn": "u", "type": "aws:iam/role:Role", "name": "runner", "operation": "create", "changed": []}
    run = {"began": 1.0, "ended": 2.5, "unchanged": 3, "changes": [{**failed, "seconds": 1.5, "error": "No such <b>"}]}
    with (root / ".local" / "logs" / "changes.jsonl").open("a") as log:
        log.write("{broken\n" + json.dumps(run) + "\n")
    page = client.page("/changes")
    assert "1 change 1 failed, 3 unchanged · 1.5 s" in words(page)
    assert "No such &lt;b&gt;" in page
    assert "6 changes" in words(client.page("/changes?run=" + re.findall(r"run=(\d{9,})", page)[0]))


@pytest.mark.parametrize(
    "run",
    [
        {"began": 1, "ended": 2, "unchanged": 0, "changes": [{}]},
        {"began": 1, "ended": 2, "unchanged": 0, "changes": None},
        {"began": "x", "ended": 2, "unchanged": 0, "changes": []},
        {"began": float("inf"), "ended": 2, "unchanged": 0, "changes": []},
    ],
)
def test_a_run_of_another_form_is_left_out(client: Client, context: Context, run: dict[str, object]) -> None:
    (context.place.machine.logs / "changes.jsonl").write_text(f"{json.dumps(run)}\n")
    for path in ("/", "/changes"):
        assert client.get(path).status_code == 200
