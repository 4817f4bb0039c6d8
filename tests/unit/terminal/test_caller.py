"""The error that a person reads when a request of `up` or `demo` fails."""

from __future__ import annotations

from typing import Any

import pytest
import urllib3

from local.errors import LocalError
from local.machine import Machine
from terminal.caller import Caller


def test_no_answer_names_the_commands_that_help(machine: Machine) -> None:
    with pytest.raises(LocalError, match=r"GET /users got no answer: .*`\./crosscloud status`; `make up` starts"):
        Caller(machine, "token").send("GET", "/users")


@pytest.mark.parametrize(
    ("headers", "options"), [({"X-Request-Id": "mine"}, "--request-id mine"), ({}, "--level WARNING")]
)
def test_a_failure_names_the_command_that_shows_its_lines(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], options: str
) -> None:
    def refuse(*_: Any, **__: Any) -> urllib3.HTTPResponse:
        return urllib3.HTTPResponse(b"no", status=503, headers=headers)

    monkeypatch.setattr(urllib3.PoolManager, "request", refuse)
    with pytest.raises(LocalError, match=f"was answered with 503 no.*`./crosscloud logs {options}`"):
        Caller(machine, "token").send("POST", "/users", body="{}")
