"""The command line in a clone that nothing runs in, and the sentences with which it ends when something is wrong."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import pytest

from local.state import Entry, State
from tests.support.stack import Done, Stack


def assert_one_sentence(done: Done, *parts: str) -> None:
    """Asserts that a command failed with a message for people that holds the parts, and nothing else."""
    assert done.code == 1, done
    assert "Traceback" not in done.err, done.err
    assert len(done.err.strip().splitlines()) <= 3, done.err
    for part in parts:
        assert part in done.err, done.err


def test_down_twice_and_without_a_stack_is_fine(clone: Stack) -> None:
    assert clone.run("down").code == 0
    assert clone.run("down", "--purge").code == 0


@pytest.mark.parametrize("command", [["status"], ["logs"], ["token", "--customer", "x"]])
def test_commands_without_a_stack_name_the_way_to_one(clone: Stack, command: list[str]) -> None:
    assert_one_sentence(clone.run(*command), "make up")


def test_busy_port_is_named(clone: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_sentence(clone.run("up", "--port", str(port)), str(port))


def test_broken_setting_is_named_before_anything_starts(clone: Stack) -> None:
    file = clone.root / "Pulumi.local.yaml"
    file.write_text(file.read_text().replace("minReplicas: 2", "minReplicas: many"))
    done = clone.run("up")
    assert_one_sentence(done, "minReplicas")
    assert "many" in done.err


def test_half_written_state_is_named(clone: Stack) -> None:
    file = clone.root / ".local" / "state.json"
    file.parent.mkdir()
    urn = "urn:pulumi:local::crosscloud::random:index/randomId:RandomId::one"
    State(file).put(Entry(urn=urn, type="random:index/randomId:RandomId", name="one", custom=True))
    text = file.read_text()
    file.write_text(text[: len(text) // 2])
    assert_one_sentence(clone.run("up"), "state.json", "damaged", "make down PURGE=1")


def test_unknown_resource_type_is_named(clone: Stack) -> None:
    main = clone.root / "__main__.py"
    first = "config = settings.load()\n"
    assert first in main.read_text()
    main.write_text(main.read_text().replace(first, f"import pulumi_aws\npulumi_aws.s3.Bucket('extra')\n{first}"))
    assert_one_sentence(clone.run("up"), "aws:s3/bucket:Bucket", "no provider")


@pytest.mark.parametrize(("variable", "word"), [("STACK_ENVOY_BIN", "Envoy"), ("STACK_POSTGRES_BIN", "PostgreSQL")])
def test_missing_binary_is_named(clone: Stack, variable: str, word: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(clone.root), variable: str(clone.root / "nowhere")}
    done = subprocess.run(
        [sys.executable, "-m", "local", "up"],
        cwd=clone.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_plan_needs_no_stack_and_lists_everything(clone: Stack, name: str) -> None:
    done = clone.run("plan", "--stack", name, module="planning")
    assert done.code == 0, done.err
    for type_ in ("containerservice:ManagedCluster", "lambda/function:Function", "apps/v1:Deployment", "image:Image"):
        assert type_ in done.out
    assert "<-" in done.out
    assert not (clone.root / ".local").exists()


def test_a_dry_run_without_a_stack_says_what_would_be_made_and_makes_nothing(clone: Stack) -> None:
    done = clone.run("up", "--dry-run")
    assert done.code == 0, done.err
    assert re.search(r"^\d{3} to create\. `make up` does it\.$", done.out, re.MULTILINE)
    assert not (clone.root / ".local").exists()
