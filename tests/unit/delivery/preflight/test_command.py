"""The command: exit statuses, reports, and tools that are processes, of which some do not answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from delivery.preflight import __main__ as command
from delivery.preflight.checks import CHECKS
from delivery.preflight.needs import read
from delivery.preflight.processes import Done
from delivery.preflight.read_only import is_read_only
from planning.errors import PlanningError
from tests.support.preflight import Answers, Played, needs, root, tools
from tests.support.program import ROOT

DENIED = {"call": "az vm list-usage *", "rc": 1, "err": "ERROR: (AuthorizationFailed) no\n"}
ELSEWHERE = {
    "call": "aws sts get-caller-identity *",
    "out": {"Account": "444455556666", "Arn": "arn:aws:iam::111122223333:user/ada"},
}
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Runs the command for dev, whose file is filled in, and returns its exit status."""
    monkeypatch.setattr(command, "read", lambda _, stack: needs(stack))
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with pytest.raises(SystemExit) as end:
        command.app(["--stack", "dev", "--repository", "ada/crosscloud", "--ask-address", *options])
    assert isinstance(end.value.code, int)
    return end.value.code


def play(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    """Lets the tools answer without a process each."""
    monkeypatch.setattr(command, "Processes", lambda **_: Played(answers=answers))


def checks(printed: str) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in json.loads(printed)["checks"]}


def test_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    played = tools(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, printed = run(monkeypatch), capsys.readouterr().out
    assert (status, "FAIL" in printed) == (0, False), printed
    assert "a month costs" in printed
    assert printed.splitlines()[-1].startswith("dev: ")
    assert len(played.calls) > 40
    assert [call for call in played.calls if not is_read_only(call.split())] == []


def test_a_tool_that_is_not_there_is_one_line_whatever_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played = tools(tmp_path, without=("az", "gh"))
    monkeypatch.setenv("PATH", str(tmp_path))
    status, lines = run(monkeypatch), capsys.readouterr().out.splitlines()
    (grave,) = (line for line in lines if "`az` is not on PATH" in line)
    (aside,) = (line for line in lines if "`gh` is not on PATH" in line)
    assert status == 1
    assert grave.startswith("FAIL  tools.az, azure.account, ")
    assert aside.startswith("WARN  tools.gh, subjects.aws, subjects.azure: ")
    assert [call for call in played.calls if call.startswith(("az", "gh"))] == []


def test_a_tool_that_hangs_is_ended_and_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tools(tmp_path, [{"call": "az vm list-skus *", "seconds": 60}])
    monkeypatch.setenv("PATH", str(tmp_path))
    some = {"names.registry", "quotas.node-size", "quotas.vcpus"}
    monkeypatch.setattr(command, "CHECKS", tuple(check for check in CHECKS if check.name in some))
    started = time.monotonic()
    status, found = run(monkeypatch, "--json", "--seconds", "2"), checks(capsys.readouterr().out)
    assert time.monotonic() - started < 30
    assert status == 0
    assert {name: each["verdict"] for name, each in found.items()} == {
        "names.registry": "PASS",
        "quotas.node-size": "WARN",
        "quotas.vcpus": "WARN",
    }
    assert "`az vm list-skus` has not answered in time" in found["quotas.vcpus"]["text"]
    assert "--seconds" in found["quotas.vcpus"]["mend"]


def test_a_certain_failure_is_the_exit_status_and_the_last_line_before_the_sum(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, [ELSEWHERE])
    status = run(monkeypatch)
    *_, failure, mending, total = capsys.readouterr().out.splitlines()
    assert status == 1
    assert failure.startswith("FAIL  aws.account: ")
    assert mending.startswith("      → log in to the other account")
    assert total.startswith("dev: 1 FAIL, ")


def test_a_warning_is_no_failure_unless_it_is_asked_to_be_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, [DENIED])
    assert run(monkeypatch, "--json") == 0
    assert checks(capsys.readouterr().out)["quotas.vcpus"]["verdict"] == "WARN"
    assert run(monkeypatch, "--strict") == 1


def test_whoever_stops_it_waits_for_no_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    class Stopped(Played):
        def __call__(self, _: object) -> Done:
            raise KeyboardInterrupt

        def stop(self) -> None:
            ended.append(True)

    monkeypatch.setattr(command, "Processes", lambda **_: Stopped())
    assert (run(monkeypatch), ended) == (130, [True])


def test_no_secret_is_printed_or_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"ERROR: refused Bearer {TOKEN} AKIAIOSFODNN7EXAMPLE client_secret=hunter22 ghp_0123456789abcdefghij"
    answers = [
        {"call": "az acr check-name *", "rc": 1, "err": words},
        {"call": "az provider list *", "out": f"not JSON {TOKEN}"},
        {"call": "gh api *", "out": {"use_default": True, "token": TOKEN, "client_secret": "hunter22", "sigs": []}},
        {"call": "curl *", "out": f"{TOKEN}\n"},
    ]
    play(monkeypatch, answers)
    run(monkeypatch, "--record", str(tmp_path))
    printed, recorded = capsys.readouterr(), (tmp_path / "answers.json").read_text()
    assert "ERROR: refused" in printed.out
    (of_github,) = (each["out"] for each in json.loads(recorded) if each["call"].startswith("gh api"))
    assert of_github == {"use_default": True, "token": "[secret]", "client_secret": "[secret]", "sigs": []}
    for text in (printed.out, printed.err, recorded):
        assert [secret for secret in (TOKEN, TOKEN[:20], "AKIA", "hunter22", "ghp_") if secret in text] == []


def test_a_recording_is_played_as_the_answers_of_the_tests_and_tells_nobody_s_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, [DENIED])
    run(monkeypatch, "--record", str(tmp_path))
    recorded = json.loads((tmp_path / "answers.json").read_text())
    text = json.dumps(recorded)
    assert [own for own in ("111122223333", "11111111-1111", "ada@acme.test", "20.79.1.2") if own in text] == []
    assert all(
        isinstance(each["out"], list | dict)
        for each in recorded
        if "--output json" in each["call"] and "rc" not in each
    )
    (denied,) = (each for each in recorded if each["call"].startswith("az vm list-usage"))
    assert (denied["rc"], "AuthorizationFailed" in denied["err"]) == (1, True)
    run_again = Played(answers=recorded)
    for each in recorded:
        done = run_again([re.sub(r"\[([?*[])\]", r"\1", each["call"])])
        assert (done.status, done.out) == (each.get("rc", 0), _as_printed(each["out"]))


def _as_printed(out: Any) -> str:
    return out if isinstance(out, str) else json.dumps(out)


def test_a_stack_that_is_not_there_is_one_sentence() -> None:
    """The command runs as a person runs it, with no tool on PATH."""
    words = [sys.executable, "-m", "delivery.preflight", "--stack", "qa"]
    done = subprocess.run(words, cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no stack qa in the clouds: --stack is one of dev, prod.\n"


@pytest.mark.parametrize("stack", ["local", "../dev", "x" * 300, "", "a\0b", "dev\n"])
def test_nor_is_the_stack_of_this_machine_or_another_file(stack: str) -> None:
    with pytest.raises(
        PlanningError, match=r"\AThere is no stack [^\n]{0,41} in the clouds: --stack is one of dev, prod"
    ):
        read(ROOT, stack)


def test_settings_that_the_program_refuses_end_it_before_any_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in root().iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "Pulumi.dev.yaml").unlink()
    text = (root() / "Pulumi.dev.yaml").read_text()
    (tmp_path / "Pulumi.dev.yaml").write_text(text.replace("tier: Free", "tier: Gratis"))
    monkeypatch.setattr(command, "app", lambda: read(tmp_path, "dev"))
    with pytest.raises(SystemExit) as end:
        command.main()
    printed = capsys.readouterr()
    assert (end.value.code, printed.out) == (2, "")
    assert printed.err.startswith("Pulumi.dev.yaml has a problem:\n  crosscloud:cluster.tier must be")
