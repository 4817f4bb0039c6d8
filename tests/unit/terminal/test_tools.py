"""The tools of others get what leads them to this machine's parts, and nothing of the user's own accounts."""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from local.errors import LocalError
from local.machine import Machine
from terminal import clone, tools

Become = tuple[str, list[str], dict[str, str]]


@pytest.fixture
def became(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[Become]:
    """The programs that the process has become."""
    became: list[Become] = []
    monkeypatch.setattr(clone, "ROOT", machine.root)
    monkeypatch.setattr(os, "execve", lambda *arguments: became.append(arguments))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    return became


def put_on_path(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = folder / "bin" / name
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_the_command_line_of_aws_reaches_the_emulator_and_no_account(
    became: list[Become], machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put_on_path("aws", tmp_path, monkeypatch)
    tools.aws("sqs", "list-queues", "--output", "json")
    ((path, words, variables),) = became
    assert path == str(program)
    assert words == ["aws", "--endpoint-url", machine.emulator_url, "sqs", "list-queues", "--output", "json"]
    assert variables["AWS_ENDPOINT_URL"] == machine.emulator_url
    assert {name for name in variables if name.startswith("AWS_")} == tools.access(machine).keys()


def test_without_words_it_prints_what_a_shell_can_take_over(
    became: list[Become], machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.aws()
    lines = [shlex.split(line) for line in capsys.readouterr().out.splitlines()]
    assert {tuple(word.split("=", 1)) for _, word in lines} == set(tools.access(machine).items())
    assert {first for first, _ in lines} == {"export"}
    assert became == []


def test_without_the_tool_it_says_what_else_to_do(
    became: list[Become], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"`aws` is not on PATH.*eval"):
        tools.aws("s3", "ls")
    assert became == []


def test_psql_is_in_the_database_of_the_service(
    became: list[Become], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine.data / "postgres.password").write_text("hunter2")
    monkeypatch.setattr(tools, "databases", lambda _: [{"name": "users"}, {"name": "billing"}])
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")  # it would be sent the password
    tools.psql("users", "-c", "select 1")
    ((path, words, variables),) = became
    assert Path(path).name == "psql"
    assert words == ["psql", "-c", "select 1"]
    wanted = {"PGDATABASE": "users", "PGPASSWORD": "hunter2", "PGPORT": str(machine.ports.postgres)}
    assert wanted.items() <= variables.items()
    assert "PGHOSTADDR" not in variables
    with pytest.raises(LocalError, match=r"No service has a database .user. here\. There are users, billing"):
        tools.psql("user")


def test_psql_without_a_server_names_the_way_to_one(became: list[Become], monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Machine) -> Any:
        return asyncio.run(asyncio.wait_for(asyncio.sleep(1), 0))

    monkeypatch.setattr(tools, "databases", read)
    with pytest.raises(LocalError, match=r"PostgreSQL does not answer \(TimeoutError\). `make up` starts it."):
        tools.psql("users")
    assert became == []


def test_what_the_system_can_not_run_is_an_error_that_names_it(tmp_path: Path) -> None:
    program = tmp_path / "no-program"
    program.write_bytes(b"\x00")
    program.chmod(0o755)
    with pytest.raises(LocalError, match=r"no-program can't be run: Exec format error"):
        tools._become(str(program), ["no-program"], {})
