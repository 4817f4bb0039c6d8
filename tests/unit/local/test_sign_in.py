"""Signing in at the local issuer, as an application in a browser does it: authorization code with PKCE."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from local import issuer, sign_in
from local.machine import Machine
from tests.support.asgi import Client, Reply, client
from tests.unit.local.kubernetes.cluster import clone

VERIFIER = "a-verifier-of-43-characters-at-the-very-least-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "https://localhost:8443/docs/oauth2-redirect.html"
ASKED = {
    "response_type": "code",
    "client_id": issuer.DOCUMENTATION_CLIENT,
    "redirect_uri": BACK,
    "scope": "users:read staff:users:read",
    "state": "s-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
REDEEMED = {
    "grant_type": "authorization_code",
    "redirect_uri": BACK,
    "client_id": issuer.DOCUMENTATION_CLIENT,
    "code_verifier": VERIFIER,
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return clone(tmp_path)


@pytest.fixture
def server(machine: Machine) -> Iterator[Client]:
    with client(sign_in.application(machine)) as made:  # type: ignore[arg-type]
        yield made


def click(server: Client, person: str, **changes: str) -> Reply:
    return server("POST", f"/authorize?{urlencode(ASKED | changes)}", body=urlencode({"person": person}).encode())


def code_for(server: Client, person: str) -> str:
    back = urlsplit(click(server, person).headers["location"])
    query = parse_qs(back.query)
    assert (f"{back.scheme}://{back.netloc}{back.path}", query["state"]) == (BACK, ["s-1"])
    return query["code"][0]


def redeem(server: Client, **sent: str) -> Reply:
    return server("POST", "/token", body=urlencode(sent).encode())


def claims(machine: Machine, reply: Reply) -> dict[str, Any]:
    key = jwt.PyJWK(issuer.key_set(machine)["keys"][0]).key
    token = reply.json["access_token"]
    content: dict[str, Any] = jwt.decode(token, key, ["RS256"], audience=issuer.AUDIENCE, issuer=machine.issuer_url)
    return content


@pytest.mark.parametrize(("person", "groups"), [("123", []), ("alice", []), ("bob", ["staff"])])
def test_a_click_leads_to_a_token_of_the_person(
    machine: Machine, server: Client, person: str, groups: list[str]
) -> None:
    page = server("GET", f"/authorize?{urlencode(ASKED)}")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'value="{person}"' in page.body.decode()

    reply = redeem(server, **REDEEMED, code=code_for(server, person))

    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    given = claims(machine, reply)
    assert (given["sub"], given["groups"], given["scope"]) == (person, groups, ASKED["scope"])


def test_a_code_is_good_once(server: Client) -> None:
    code = code_for(server, "alice")
    assert redeem(server, **REDEEMED, code=code).status == 200
    assert redeem(server, **REDEEMED, code=code).json == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "another"},
        {"code_verifier": ""},
        {"redirect_uri": "https://localhost:8443/elsewhere"},
        {"code": "guessed"},
        {"grant_type": "refresh_token"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_code_is_worth_nothing_to_somebody_else(server: Client, change: dict[str, str]) -> None:
    reply = redeem(server, **REDEEMED | {"code": code_for(server, "bob")} | change)
    assert (reply.status, reply.json) == (400, {"error": "invalid_grant"})


def test_a_code_that_waits_too_long_is_worth_nothing(server: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "CODE_SECONDS", -1)
    assert redeem(server, **REDEEMED, code=code_for(server, "alice")).status == 400


def test_a_refresh_token_is_good_once(machine: Machine, server: Client) -> None:
    first = redeem(server, **REDEEMED, code=code_for(server, "alice")).json["refresh_token"]
    second = redeem(server, grant_type="refresh_token", refresh_token=first)
    assert claims(machine, second)["sub"] == "alice"
    assert redeem(server, grant_type="refresh_token", refresh_token=first).status == 400
    assert redeem(server, grant_type="refresh_token", refresh_token=second.json["refresh_token"]).status == 200
    assert redeem(server, **REDEEMED | {"code": second.json["refresh_token"]}).status == 400


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri must be a page of this machine"),
        ({"redirect_uri": "https://localhost.evil.example/"}, "redirect_uri must be a page of this machine"),
        ({"redirect_uri": f"{BACK}?x=1"}, "redirect_uri must be a page of this machine"),
        ({"redirect_uri": "http://[::1"}, "redirect_uri must be a page of this machine"),
        ({"redirect_uri": "http://localhost:99999999/"}, "redirect_uri must be a page of this machine"),
        ({"redirect_uri": "javascript://localhost/%0aalert(1)"}, "redirect_uri must be a page of this machine"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"code_challenge_method": "plain"}, "code_challenge must be there"),
        ({"code_challenge": ""}, "code_challenge must be there"),
    ],
)
def test_what_is_no_request_to_sign_in_is_refused(server: Client, change: dict[str, str], sentence: str) -> None:
    reply = click(server, "alice", **change)
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")
    assert sentence in reply.json["error_description"]


def test_bytes_and_letters_that_nobody_expects_are_worth_nothing(server: Client) -> None:
    back = urlsplit(click(server, "alice", code_challenge="é").headers["location"])
    reply = redeem(server, **REDEEMED, code=parse_qs(back.query)["code"][0])
    assert (reply.status, reply.json) == (400, {"error": "invalid_grant"})
    assert server("POST", "/token", body=b"\xff\xfe=1").status == 400
    assert server("POST", f"/authorize?{urlencode(ASKED)}", body=b"\xff\xfe=1").status == 200


def test_nobody_else_can_be_chosen_and_the_page_repeats_nothing_as_markup(server: Client) -> None:
    page = click(server, "root", state='"><script>alert(1)</script>')
    assert page.status == 200
    assert b"<script" not in page.body


def test_pages_of_this_machine_may_ask_for_tokens_and_no_others(server: Client) -> None:
    def allowed(origin: str) -> str | None:
        headers = {"origin": origin, "access-control-request-method": "POST"}
        headers["access-control-request-headers"] = "x-requested-with"
        return server("OPTIONS", "/token", headers=headers).headers.get("access-control-allow-origin")

    assert allowed("https://localhost:8443") == "https://localhost:8443"
    assert allowed("http://127.0.0.1:5173") == "http://127.0.0.1:5173"
    assert allowed("https://evil.example") is None
    assert allowed("https://localhost.evil.example") is None
