"""Commands: only those on the list, each once, ended with all that they started."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from delivery.preflight.ask import Ask, answer_or
from delivery.preflight.check import Check, Deployment, findings
from delivery.preflight.finding import Finding, Verdict, failed, passed, skipped, warned
from delivery.preflight.processes import Done, Processes
from delivery.preflight.read_only import COMMANDS, is_read_only
from delivery.preflight.recording import Recording
from delivery.preflight.report import as_text
from delivery.preflight.scrubbing import scrubbed, scrubbed_all
from delivery.preflight.unanswered import UnansweredError, Why
from tests.support.aws_cli import unknown_options
from tests.support.preflight import WELL, Played, needs
from tests.support.waiting import eventually

READING = re.compile(
    r"--version|version|whoami|ls|list|list-[a-z-]+|get-[a-z-]+|describe-[a-z-]+|check|check-name|show|head-bucket"
    r"|simulate-principal-policy|get|api|https://checkip\.amazonaws\.com"
)


def test_every_command_of_the_list_reads() -> None:
    assert [words for words in COMMANDS if not READING.fullmatch(words[-1])] == []


def test_every_command_of_the_list_is_played() -> None:
    """The list has no command that no check needs."""
    assert {words for words in COMMANDS if not any(each["call"].startswith(" ".join(words)) for each in WELL)} == set()


def test_only_the_word_of_a_tool_that_there_is_no_such_thing_stands_for_nothing() -> None:
    def answered(answer: dict[str, object]) -> object:
        ask = Ask(run=Played(answers=[{"call": "az aks show *", **answer}]), region="eu-central-1", subscription="")
        return answer_or("nothing", ask.az, "aks", "show", "--name", "dev")

    assert answered({"out": {"name": "dev"}}) == {"name": "dev"}
    assert answered({"rc": 3, "err": "ERROR: (ResourceNotFound) The Resource 'dev' was not found.\n"}) == "nothing"
    with pytest.raises(UnansweredError):
        answered({"rc": 1, "err": "ERROR: (AuthorizationFailed) The client does not have authorization\n"})
    with pytest.raises(ValueError, match="null"):
        answered({"out": "null"})


@pytest.mark.parametrize(
    "command",
    [
        "az provider register --namespace Microsoft.Network",
        "az account get-access-token",
        "az rest --method post --url https://management.azure.com/x",
        "az rest --method get --url https://management.azure.com/x --method delete",
        "aws secretsmanager get-secret-value --secret-id x",
        "aws s3api put-bucket-versioning --bucket x",
        "gh api repos/a/b --method PUT",
        "gh api repos/a/b -f use_default=true",
        "pulumi stack init dev",
        "pulumi stack",
        "curl https://example.com",
        "az",
    ],
)
def test_a_command_that_writes_or_prints_a_secret_is_not_run(command: str) -> None:
    def run(_: object) -> Done:
        raise AssertionError(command)

    words = command.split()
    assert not is_read_only(words)
    with pytest.raises(RuntimeError, match="is not on the list of delivery/preflight/read_only"):
        Ask(run=run, region="r", subscription="s").done(*words)


def test_options_of_the_commands_of_aws_exist() -> None:
    for each in WELL:
        tool, service, command, *rest = [*each["call"].split(), "", ""]
        if tool == "aws" and service != "--version":
            assert unknown_options(service, command, " ".join(rest)) <= {"region"}


def test_threads_that_ask_the_same_wait_for_one_answer() -> None:
    asked = []

    def run(command: object) -> Done:
        asked.append(command)
        time.sleep(0.05)
        return Done(status=0, out="{}", err="")

    ask = Ask(run=run, region="r", subscription="s")
    threads = [threading.Thread(target=ask.az, args=("provider", "list")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [("az", "provider", "list", "--subscription", "s", "--output", "json", "--only-show-errors")]


def test_without_a_subscription_in_the_settings_az_takes_its_own() -> None:
    asked = []

    def run(command: object) -> Done:
        asked.append(command)
        return Done(status=0, out="", err="")

    assert Ask(run=run, region="r", subscription="").az("provider", "list") == {}
    assert asked == [("az", "provider", "list", "--output", "json", "--only-show-errors")]


FORKING = """
import pathlib, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


@pytest.mark.parametrize("by_a_person", [False, True])
def test_what_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path, by_a_person: bool) -> None:
    """Nobody is told that the command has ended while the child lives, for it holds the output open."""
    file, started = tmp_path / "child", time.monotonic()
    run = Processes(seconds=60 if by_a_person else 1.5, folder=tmp_path)

    def stop() -> None:
        eventually(file.exists)
        run.stop()

    if by_a_person:
        threading.Thread(target=stop).start()
        with pytest.raises(UnansweredError):
            run([sys.executable, "-c", FORKING, str(file)])
        with pytest.raises(UnansweredError):
            run([sys.executable, "-c", "pass"])
    else:
        with pytest.raises(UnansweredError, match="has not answered in time") as late:
            run([sys.executable, "-c", FORKING, str(file)])
        assert late.value.why is Why.LATE
    assert time.monotonic() - started < 30


LEAVING = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(str(child.pid))
path.with_suffix(".new").rename(path)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("by_a_person", [False, True])
@pytest.mark.parametrize("seconds", [0, 60])
def test_a_child_in_a_session_of_its_own_holds_nothing_up(tmp_path: Path, by_a_person: bool, seconds: int) -> None:
    """The child is out of reach and keeps the output open, whether the command itself has ended or not."""
    file, started = tmp_path / "child", time.monotonic()
    run = Processes(seconds=60 if by_a_person else 2, folder=tmp_path)

    def stop() -> None:
        eventually(file.exists)
        run.stop()

    if by_a_person:
        threading.Thread(target=stop).start()
    try:
        with pytest.raises(UnansweredError) as late:
            run([sys.executable, "-c", LEAVING, str(file), str(seconds)])
        assert late.value.why is Why.LATE
        assert time.monotonic() - started < 30
    finally:
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_an_answer_that_is_nested_too_deeply_is_none(tmp_path: Path) -> None:
    deep = "[" * 200_000
    recording = Recording(run=lambda _: Done(status=0, out=deep, err=""))
    ask = Ask(run=recording, region="r", subscription="s")
    with pytest.raises(UnansweredError, match="did not answer with JSON") as unreadable:
        ask.az("provider", "list")
    assert unreadable.value.why is Why.UNREADABLE
    recording.write(tmp_path)
    (answer,) = json.loads((tmp_path / "answers.json").read_text())
    assert answer["out"] == deep


def test_a_check_that_goes_too_deep_says_that_nobody_knows() -> None:
    def look(_: Deployment) -> Finding:
        raise RecursionError("maximum recursion depth exceeded")

    deployment = Deployment(needs=needs("dev"), ask=Ask(run=Played(), region="r", subscription="s"))
    found = findings([Check(name="deep", look=look)], deployment)["deep"]
    assert (found.verdict, "RecursionError" in found.text) == (Verdict.WARN, True)


def test_a_command_gets_nothing_to_read_and_runs_in_the_repository(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd(), repr(sys.stdin.read()), os.environ['AWS_PAGER'] == '')"
    done = Processes(seconds=30, folder=tmp_path)([sys.executable, "-c", program])
    assert done.out.split() == [str(tmp_path.resolve()), "''", "True"]


def test_a_finding_that_is_not_well_says_what_mends_it() -> None:
    assert [passed("a").verdict, skipped("b").verdict] == [Verdict.PASS, Verdict.SKIP]
    assert [warned("c", "d").mend, failed("e", "f").mend] == ["d", "f"]
    for verdict in (Verdict.WARN, Verdict.FAIL):
        with pytest.raises(ValueError, match="must say what mends it"):
            Finding(verdict=verdict, text="Something is wrong.")


def test_the_words_of_a_tool_are_one_short_line() -> None:
    assert scrubbed("\n  ERROR: no\nTraceback …") == "ERROR: no"
    assert len(scrubbed("x" * 10_000)) == 200
    assert scrubbed("") == "it says nothing."


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("AccountName=a;AccountKey=hunter22==", "AccountName=a;AccountKey=[secret]"),
        ("SharedAccessKey=hunter22", "SharedAccessKey=[secret]"),
        ("secretkey hunter22", "secretkey [secret]"),
        ("aws_secret_access_key hunter22", "aws_secret_access_key [secret]"),
        ("aws_secret_access_key = hunter22", "aws_secret_access_key = [secret]"),
        ("clone https://ada:hunter22@example.com/x", "clone https://[secret]@example.com/x"),
        ("clone https://ada:hunter@22@example.com/x", "clone https://[secret]@example.com/x"),
        ("az login -u ada --password hunter22 --debug", "az login -u ada --password [secret] --debug"),
        ("az login --client-secret 'hunter 22' x", "az login --client-secret '[secret]' x"),
        ('{"client_secret": "x"}', '{"client_secret": "[secret]"}'),
        ('{"password": "a, \\"b c", "d": 1}', '{"password": "[secret]", "d": 1}'),
        ("{'token': 'a b'}", "{'token': '[secret]'}"),
        (r'{"a": "{\"client_secret\": \"hunter22\"}"}', r'{"a": "{\"client_secret\": \"[secret]"}'),
        ("passw\x1b[1mord=hunter22", "password=[secret]"),
    ],
)
def test_a_secret_is_masked(words: str, left: str) -> None:
    assert scrubbed(words) == left
    assert scrubbed(left) == left


@pytest.mark.parametrize(
    "words",
    [
        '{"token": null, "password": false}',
        "The token has expired. Log in at https://example.com/a@b.",
        "aws kms describe-key --key-id alias/x --region r",
        "use --password --debug",
    ],
)
def test_what_is_no_secret_is_left(words: str) -> None:
    assert scrubbed(words) == words


def test_a_tool_gives_no_orders_to_the_terminal() -> None:
    words = "\x1b[31mERROR\x1b[0m: \x1b]0;title\x07no\x1b]52;c;aGk=\x1b\\ \x9b2Jway\x08\x00\x7f\u202e \x1bcout"
    assert scrubbed(words) == "ERROR: no way out"
    assert as_text("dev", {"a": passed("group \x1b[2Jb")}) == "PASS  a: group b\ndev: 1 PASS."
    assert scrubbed_all("a\tb\r\nc\x1b[2K") == "a\tb\r\nc"
