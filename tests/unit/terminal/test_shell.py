"""A shell gets what leads tools to this stack, and nothing of the user's own accounts; nothing of it is kept."""

from __future__ import annotations

import os
from pathlib import Path

import jwt
import pytest

from local.errors import LocalError
from local.issuer import AUDIENCE
from local.machine import Machine
from local.supervisor import client
from terminal import clone, tools

Become = tuple[str, list[str], dict[str, str]]


@pytest.fixture
def became(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[Become]:
    """The programs that the process has become, in a clone that is up."""
    became: list[Become] = []
    monkeypatch.setattr(clone, "ROOT", machine.root)
    monkeypatch.setattr(client, "alive", lambda _: True)
    monkeypatch.setattr(os, "execve", lambda *arguments: became.append(arguments))
    (machine.data / "postgres.password").write_text("hunter2")
    (machine.root / "app").symlink_to(Path(__file__).parents[3] / "app")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PGSERVICE", "KUBECONFIG"):
        monkeypatch.setenv(name, "my own")
    monkeypatch.setenv("EDITOR", "vi")
    monkeypatch.setenv("SHELL", "/bin/sh")
    return became


def test_the_shell_of_the_user_reaches_every_part(
    became: list[Become], machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in machine.home.rglob("*") if path.is_file()}
    tools.shell()
    ((path, words, variables),) = became
    assert (Path(path).name, words) == ("sh", [path])
    assert variables["EDITOR"] == "vi"
    assert "my own" not in variables.values()
    assert variables["KUBECONFIG"] == os.devnull, "kubectl would take the user's default file"
    assert variables.items() >= tools.access(machine).items()
    assert variables.items() >= {"PGPASSWORD": "hunter2", "PGPORT": str(machine.ports.postgres)}.items()
    assert variables["ENDPOINT"] == machine.endpoint_url
    assert variables["CURL_CA_BUNDLE"] == variables["CA"] == str(machine.home / "ca.crt")
    claims = jwt.decode(variables["TOKEN"], options={"verify_signature": False}, audience=AUDIENCE)
    assert claims["groups"] == ["staff"]
    assert variables["TOKEN"] not in (said := capsys.readouterr()).err + said.out
    assert {path: path.read_bytes() for path in machine.home.rglob("*") if path.is_file()} == before


def test_a_command_takes_the_place_of_the_shell(became: list[Become], capsys: pytest.CaptureFixture[str]) -> None:
    tools.shell("sh", "-c", "env")
    assert became[0][1][1:] == ["-c", "env"]
    assert capsys.readouterr() == ("", "")


def test_what_is_no_program_and_a_stack_that_is_down_are_refused(
    became: list[Become], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LocalError, match=r"'no-such-program' is no program on PATH"):
        tools.shell("no-such-program")
    monkeypatch.setattr(client, "alive", lambda _: False)
    with pytest.raises(LocalError, match=r"The stack is down\. Start it with `make up`"):
        tools.shell()
    assert became == []
