from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest
import urllib3
from rich.console import Console

from local.setup import open_machine
from terminal import example
from terminal.caller import Caller
from terminal.display import Display


def test_a_shell_takes_the_printed_command_from_a_folder_with_spaces_and_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "my clone's $HOME"
    root.mkdir()
    machine = open_machine(root)
    monkeypatch.setattr(Caller, "send", lambda *_, **__: urllib3.HTTPResponse(b"{}", status=200))
    console = Console(file=io.StringIO(), width=80)
    sent = example.send(machine, Display(console))
    sent.show(console)
    (command,) = [line for line in console.file.getvalue().splitlines() if line.startswith("curl")]  # type: ignore[attr-defined]
    words = shlex.split(command)
    assert words[:4] == ["curl", "--cacert", str(machine.home / "ca.crt"), f"{machine.endpoint_url}/users"]
    assert words[-1] == example.BODY
    trace = f"./crosscloud logs --request-id {sent.request_id}"
    assert console.file.getvalue().splitlines()[-1] == trace  # type: ignore[attr-defined]
    assert sent.as_json({"created": 2}) == {
        "endpoint": machine.endpoint_url,
        "documentation": f"{machine.endpoint_url}/docs",
        "authority": str(machine.home / "ca.crt"),
        "changes": {"created": 2},
        "example": {"command": command, "status": 200, "body": "{}", "trace": trace},
    }
