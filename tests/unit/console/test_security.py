"""The console is for who has the token, and no other site can do anything with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.routing import Route

from console.app import VIEWS, application
from console.context import Context
from console.masking import MASK, masked
from console.place import open_place
from local.errors import LocalError
from planning.wire import secret
from tests.unit.console.client import Client
from tests.unit.console.conftest import PlayedEmulator
from tests.unit.console.messages import message

LETTERS = "fulfilment-dead-letters"
FORM = "/queues/fulfilment/redrive"


@pytest.mark.parametrize(
    "path", [*(path for path in VIEWS if "{" not in path), "/requests/x", "/live?at=/", "/nothing"]
)
def test_without_the_token_every_page_is_401(stranger: Client, path: str) -> None:
    assert stranger.get(path).status_code == 401
    assert stranger.get(path, cookie=f"console-{stranger.place.port}=guess").status_code == 401


@pytest.mark.parametrize("path", ["/static/nothing", "/sign-in/x", "/sign-inx"])
def test_a_stranger_learns_nothing_from_an_address_that_is_not_there(stranger: Client, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.text) == (404, "There is nothing here.\n")


def test_a_person_who_has_not_signed_in_is_asked_for_the_token(stranger: Client) -> None:
    answer = stranger.get("/requests", accept="text/html")
    assert answer.status_code == 401
    assert 'action="/sign-in"' in answer.text
    assert stranger.place.token not in answer.text


@pytest.mark.parametrize("token", ["", "guess", "x" * 10_000, "ü"])
def test_a_wrong_token_gets_no_cookie(stranger: Client, token: str) -> None:
    for answer in (stranger.get(f"/sign-in?token={token}"), stranger.post("/sign-in", {"token": token})):
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


def test_the_token_gets_a_cookie_that_no_script_and_no_other_site_can_use(stranger: Client) -> None:
    for answer in (
        stranger.get(f"/sign-in?token={stranger.place.token}"),
        stranger.post("/sign-in", {"token": stranger.place.token}),
    ):
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert stranger.place.token not in cookie
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:28444", "127.0.0.1", "127.0.0.1:80", "localhost.evil:1", ""]
)
def test_another_host_is_400(client: Client, host: str) -> None:
    """A name of somebody else that was made to lead to this machine (DNS rebinding)."""
    assert client.get("/", host=host).status_code == 400
    assert client.get("/static/console.css", host=host).status_code == 400


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:28444x", ""]
)
def test_another_origin_is_403(client: Client, emulator: PlayedEmulator, origin: str) -> None:
    emulator.queues = {LETTERS: [message("{}")]}
    answer = client.post(FORM, {"csrf": client.csrf("/queues")}, origin=origin)
    assert answer.status_code == 403
    assert "Only a page of the console" in answer.text


@pytest.mark.parametrize("csrf", ["", "guess", "0" * 64])
def test_a_form_without_its_value_is_403(client: Client, emulator: PlayedEmulator, csrf: str) -> None:
    emulator.queues = {LETTERS: []}
    answer = client.post(FORM, {"csrf": csrf} if csrf else {})
    assert answer.status_code == 403
    assert "form" in answer.text


def test_whatever_can_be_sent_is_refused_to_a_stranger(stranger: Client, context: Context) -> None:
    paths = [
        route.path for route in application(context).routes if isinstance(route, Route) and "POST" in route.methods
    ]
    assert FORM.replace("fulfilment", "{queue}") in paths
    for path in paths:
        assert stranger.post(path.replace("{queue}", "fulfilment"), {"csrf": "x"}).status_code == 401


@pytest.mark.parametrize("path", [path for path in VIEWS if "{" not in path])
def test_pages_change_nothing_by_being_looked_at(client: Client, path: str) -> None:
    assert client.post(path, {}).status_code == 405


def test_no_script_and_no_style_stand_in_a_page(client: Client) -> None:
    for path in (path for path in VIEWS if "{" not in path):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "style=" not in answer.text
        assert "<script>" not in answer.text
        assert " onclick" not in answer.text
        for header, value in (("x-frame-options", "DENY"), ("cache-control", "no-store")):
            assert answer.headers[header] == value


HOSTILE = "<script>alert(1)</script>"
QUOTED = "\"'><img src=x onerror=alert(1)>"


def test_what_a_log_line_holds_is_text(client: Client, context: Context, write: Callable[[str, str], None]) -> None:
    moment = {"timestamp": "2026-11-30T19:59:00Z", "message": "request", "duration_ms": 1, "level": "ERROR"}
    ids = {"request_id": "hostile-1", "trace_id": "f" * 32, "span_id": "a" * 16}
    texts = {"user_agent": HOSTILE, "reason": HOSTILE, "route": f"GET /{QUOTED}", "path": QUOTED, "method": "GET"}
    line = {**moment, **ids, **texts, "service": "gateway", "status": 500}
    write("gateway.jsonl", json.dumps(line) + "\n" + json.dumps({**line, "service": HOSTILE}) + "\n")
    write("emulator.log", f"{HOSTILE}\n")
    context.catch_up()
    queries = ("/", "/requests?since=all", "/requests/hostile-1", "/logs?since=all", f"/traces/{'f' * 32}", "/metrics")
    for path in (
        *queries,
        f"/logs?since=all&q={HOSTILE}",
        f"/requests?q={QUOTED}",
        f"/requests/{QUOTED.replace('/', '')}",
    ):
        text = client.get(path).text
        assert HOSTILE not in text
        assert "<img" not in text
    assert "&lt;script&gt;" in client.page("/requests/hostile-1")


def test_a_curl_line_is_not_made_of_a_path_that_could_leave_its_quotes(
    client: Client, context: Context, write: Callable[[str, str], None]
) -> None:
    moment = {"timestamp": "2026-11-30T19:59:00Z", "message": "request", "duration_ms": 1, "service": "gateway"}
    for number, path in enumerate(("/a'; rm -rf ~; '", "/fine")):
        line = {**moment, "request_id": f"curl-0{number}", "path": path, "method": "GET", "route": "GET /a"}
        write("gateway.jsonl", json.dumps(line) + "\n")
    context.catch_up()
    assert "curl --cacert" not in client.page("/requests/curl-00")
    assert "curl --cacert" in client.page("/requests/curl-01")


# ---- secrets


def test_secrets_are_masked_wherever_they_are() -> None:
    pem = "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----"
    value = {
        "marked": secret("s3cret"),
        "list": [{"deep": secret({"a": "s3cret"})}],
        "password": "s3cret",
        "stringData": {"token": "s3cret"},
        "text": f"before {pem} s3cret",
        "name": "orders",
    }
    shown = masked(value)
    assert "s3cret" not in json.dumps(shown)
    assert shown == {
        "marked": MASK, "list": [{"deep": MASK}], "password": MASK, "stringData": MASK, "text": MASK, "name": "orders",
    }  # fmt: skip


# ---- the place


def test_port_and_token_are_chosen_once_and_only_their_owner_reads_them(root: Path) -> None:
    first, second = open_place(root), open_place(root)
    assert (first.port, first.token) == (second.port, second.token)
    assert len(first.token) >= 32
    assert (root / ".local" / "console.json").stat().st_mode & 0o077 == 0
    assert open_place(root, port=28500).port == open_place(root).port == 28500
    assert open_place(root).token == first.token


@pytest.mark.parametrize("port", [0, 80, 70_000, 28443])
def test_a_port_that_cant_be_is_refused(root: Path, port: int) -> None:
    with pytest.raises(LocalError, match=f"--port must be .* not {port}"):
        open_place(root, port=port)


def test_without_a_stack_there_is_no_console(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make up"):
        open_place(tmp_path)
