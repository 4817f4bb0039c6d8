"""The workflow that looks for drift: who may do what in it, and the one issue, against a played `gh`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.program import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/drift.yml").read_text())
JOBS = WORKFLOW["jobs"]
MARK = "<!-- drift of dev -->"
GH = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
with pathlib.Path("calls.jsonl").open("a") as calls:
    body = json.loads(pathlib.Path("issue.json").read_text()) if "--input" in words else None
    calls.write(json.dumps({"words": words, "body": body}) + "\\n")
if "--paginate" in words:
    print(pathlib.Path("issues.json").read_text())
"""
OTHERS = [{"number": 1, "body": None}, {"number": 2, "body": "<!-- drift of prod -->\\nprod differs"}]
OWN = {"number": 7, "body": f"{MARK}\\ndev differs"}


def step(job: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in JOBS[job]["steps"] if each.get("name") == name]
    return dict(found)


@pytest.fixture(autouse=True, scope="module")
def _jq() -> None:
    """GitHub's runners have it."""
    if shutil.which("jq") is None:
        pytest.skip("needs jq")


def told(folder: Path, verdict: str, issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs the script with a report, and returns the calls of `gh` that write."""
    (folder / "gh").write_text(GH)
    (folder / "gh").chmod(0o755)
    (folder / "issues.json").write_text(json.dumps(issues))
    (folder / "drift.json").write_text(json.dumps({"verdict": verdict, "title": f"dev is {verdict}"}))
    (folder / "drift.md").write_text("* `Queue $(touch evil) has changed`\n" * 5000)
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "GITHUB_REPOSITORY": "you/crosscloud"}
    environment |= {"MARK": MARK, "RUN": "https://github.example/run/1", "GH_TOKEN": "the job's"}
    script = step("tell", "Open the issue, bring it up to date, or close it")["run"]
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, check=True
    )
    assert not (folder / "evil").exists()
    calls = [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
    return [call for call in calls if "--method" in call["words"]]


@pytest.mark.parametrize("verdict", ["drift", "lost", "unknown"])
def test_what_is_not_clean_opens_one_issue(tmp_path: Path, verdict: str) -> None:
    (call,) = told(tmp_path, verdict, OTHERS)
    assert call["words"][2:5] == ["--method", "POST", "repos/you/crosscloud/issues"]
    assert call["body"]["title"] == f"dev is {verdict}"
    assert call["body"]["body"].startswith(f"{MARK}\n* `Queue")
    assert len(call["body"]["body"]) <= 65536, "GitHub takes no longer one"


def test_an_issue_that_is_open_is_brought_up_to_date(tmp_path: Path) -> None:
    (call,) = told(tmp_path, "drift", [*OTHERS, OWN])
    assert call["words"][2:5] == ["--method", "PATCH", "repos/you/crosscloud/issues/7"]
    assert call["body"]["body"].startswith(MARK)


def test_it_is_closed_when_the_stack_is_clean_again(tmp_path: Path) -> None:
    said, closed = told(tmp_path, "clean", [*OTHERS, OWN])
    assert said["words"][4] == "repos/you/crosscloud/issues/7/comments"
    assert closed["words"][2:] == ["--method", "PATCH", "repos/you/crosscloud/issues/7", "--raw-field", "state=closed"]


def test_a_clean_stack_without_an_issue_is_no_news(tmp_path: Path) -> None:
    assert told(tmp_path, "clean", OTHERS) == []


def test_it_looks_every_night_as_who_may_only_read_and_changes_nothing() -> None:
    schedule = WORKFLOW[True]["schedule"]  # YAML 1.1 reads `on` as true
    assert [each["cron"] for each in schedule] == ["23 1 * * *", "41 7 * * 1-5"]
    hours = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]["crosscloud:hours"]
    assert hours["begin"] <= int(schedule[1]["cron"].split()[1]) < hours["end"], "dev is stopped at other times"
    look = JOBS["look"]
    assert look["environment"].startswith("drift-${{")
    assert f"github.event.schedule == '{schedule[0]['cron']}' && 'prod'" in look["environment"]
    assert look["env"]["STACK"] in look["environment"]
    scripts = "\n".join(each.get("run", "") for each in look["steps"])
    assert "-m delivery.drift --stack" in scripts
    assert not [word for word in ("pulumi", " repair", " up ") if word in scripts]


def test_who_writes_the_issue_has_no_cloud_and_runs_nothing_of_the_repository() -> None:
    tell = JOBS["tell"]
    assert tell["permissions"] == {"issues": "write"}
    assert [each["uses"].partition("@")[0] for each in tell["steps"] if "uses" in each] == ["actions/download-artifact"]
    assert [name for name, job in JOBS.items() if "issues" in job["permissions"]] == ["tell"]


def test_a_repair_is_asked_for_approved_and_of_what_runs() -> None:
    repair = JOBS["repair"]
    assert repair["environment"] == "repair-${{ inputs.stack }}"
    assert repair["needs"] == "look"
    assert "inputs.order == 'repair'" in repair["if"]
    steps = repair["steps"]
    checkout = next(each for each in steps if each.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["ref"] == "${{ steps.deployed.outputs.commit }}"
    assert steps.index(step("repair", "Find what runs there")) < steps.index(checkout)
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert '"repair-$STACK"' in page
    assert "reviewers" in page
