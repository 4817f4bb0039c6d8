from __future__ import annotations

import json
import shutil

import jwt
import pytest

from local.errors import LocalError
from local.issuer import CONTRACT, LIFETIME
from local.machine import Machine
from terminal import clone
from terminal.tokens import token
from tests.support.program import ROOT


@pytest.fixture(autouse=True)
def _clone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.root / CONTRACT).parent.mkdir(parents=True)
    shutil.copy(ROOT / CONTRACT, machine.root / CONTRACT)
    monkeypatch.setattr(clone, "ROOT", machine.root)


def test_a_token_has_the_scopes_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    token(staff="bob", scope="users:read staff:users:read", as_json=True)
    told = json.loads(capsys.readouterr().out)
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    assert (claims["scope"], told["scope"], told["expires_in"]) == (
        told["scope"],
        "users:read staff:users:read",
        LIFETIME,
    )


def test_without_scopes_it_has_all_that_count(capsys: pytest.CaptureFixture[str]) -> None:
    token(customer="alice")
    claims = jwt.decode(capsys.readouterr().out.strip(), options={"verify_signature": False})
    assert "users:read" in claims["scope"].split()
    assert "staff:" not in claims["scope"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"staff": "bob", "scope": "nope:all users:read"}, "the API has no scope nope:all. It has analytics:"),
        ({"staff": ""}, "a name that is not empty"),
        ({"customer": "a b"}, "--customer takes the id of a user"),
        ({}, "Say whose token it is"),
        ({"staff": "bob", "customer": "alice"}, "Say whose token it is"),
    ],
)
def test_what_no_token_can_have_is_refused(options: dict[str, str], reason: str) -> None:
    with pytest.raises(LocalError, match=reason):
        token(**options)  # type: ignore[arg-type]
