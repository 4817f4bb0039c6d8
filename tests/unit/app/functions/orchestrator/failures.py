"""The failures that a service may have, requests that meet them, and the documented answers."""

import json

from app.functions.kit.invocation import RESERVE
from tests.support.scripted import drips, resets, sends, waits

PROBLEM = "application/problem+json"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
USER = sends(b'{"id":"123","name":"Mark Wells","role":"Engineer"}')
PAGE = sends(b'{"items":[],"next_cursor":null}')
WORSE = b'{"detail":"SECRET"}'
CHUNKS = HEAD + b"transfer-encoding: chunked\r\n\r\n" + 100 * (b"186a0\r\n" + b" " * 100_000 + b"\r\n") + b"0\r\n\r\n"

FAILURES = {
    "reset before the headers": (lambda _: resets(), 502),
    "reset after the headers": (lambda _: resets(after=HEAD + b"content-length: 9\r\n\r\n{"), 502),
    "end before the headers": (lambda _: lambda connection: False, 502),
    "end inside the body": (lambda _: lambda c: c.sendall(HEAD + b"content-length: 9\r\n\r\n{") or False, 502),
    "hang": (waits, 504),
    "slow drip of headers": (lambda released: drips(HEAD, b"x-drop: 1\r\n", released), 504),
    "slow drip of the body": (lambda released: drips(HEAD + b"content-length: 1000\r\n\r\n", b" ", released), 504),
    "slow drip of chunks": (
        lambda released: drips(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", released), 504),
    "no HTTP": (lambda _: lambda connection: connection.sendall(b"SSH-2.0-x\r\n\r\n") or False, 502),
    "500": (lambda _: sends(WORSE, status=500, media_type=PROBLEM), 502),
    "501": (lambda _: sends(WORSE, status=501, media_type=PROBLEM), 502),
    "502": (lambda _: sends(b"", status=502), 502),
    "503": (lambda _: sends(b"", status=503), 503),
    "503 with Retry-After": (lambda _: sends(WORSE, status=503, media_type=PROBLEM, headers="retry-after: 7\r\n"), 503),
    "504": (lambda _: sends(b"", status=504), 504),
    "400": (lambda _: sends(WORSE, status=400, media_type=PROBLEM), 502),
    "401 of the ingress": (lambda _: sends(b"", status=401), 502),
    "429": (lambda _: sends(WORSE, status=429, media_type=PROBLEM), 502),
    "invalid JSON": (lambda _: sends(b'{"items":[],'), 502),
    "no JSON": (lambda _: sends(b"<html>SECRET</html>", media_type="text/html"), 502),
    "NaN": (lambda _: sends(b'{"items":[NaN]}'), 502),
    "no content": (lambda _: sends(b"", status=204), 502),
    "10 MB": (lambda _: sends(b'"' + b"x" * 10_000_000 + b'"'), 502),
    "10 MB in chunks": (lambda _: lambda connection: connection.sendall(CHUNKS) or True, 502),
    "compressed": (lambda _: sends(b"\x1f\x8b", headers="content-encoding: gzip\r\n"), 502),
    "redirect to another host": (
        lambda _: sends(b"", status=307, headers="location: https://127.0.0.2:1/steal\r\n"), 502),
}  # fmt: skip
SLUGS = {502: "upstream-failed", 503: "unavailable", 504: "upstream-timeout"}
HANGING = {name for name in FAILURES if name == "hang" or name.startswith("slow")}


def seconds_of(name: str) -> float:
    """Returns the seconds of the invocation: half a second for what hangs, for all else enough on a busy machine."""
    return RESERVE + (0.5 if name in HANGING else 3.0)


def assert_problem(done, status: int) -> None:
    assert (done.status, done.json["type"]) == (status, f"tag:crosscloud,2026:{SLUGS[status]}")
    assert done.headers["content-type"] == PROBLEM
    assert done.json["request_id"] == done.log["request_id"]
    assert "SECRET" not in done.body
    assert done.log["Errors"] == 1
    assert ("retry-after" in done.headers) == (status == 503)


def assert_in_time(done, name: str) -> None:
    assert done.log["duration_ms"] < (seconds_of(name) - RESERVE / 2) * 1000


OVERVIEW = {"route": "GET /users/{userId}/overview", "body": None, "path": {"userId": "123"}}
CHANGE = {"route": "POST /invoices", "headers": {"content-type": "application/json", "idempotency-key": "k"},
          "body": json.dumps({"user_id": "1", "currency": "EUR",
                              "items": [{"product_id": "p", "quantity": 1, "unit_price": "1.00"}]})}  # fmt: skip
