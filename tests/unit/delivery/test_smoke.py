from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3

from delivery.smoke import EXPECTATIONS, Expectation, failures, sender

GOOD = "Bearer good"


class Api(BaseHTTPRequestHandler):
    """Answers as the deployed API should."""

    open_to_all = False

    def do_GET(self) -> None:
        known = self.path == "/health" or self.open_to_all or self.headers.get("Authorization") == GOOD
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_api_that_works_has_no_failures(endpoint: str) -> None:
    assert failures(sender(endpoint, None), "good", patience=0) == []


def test_a_route_that_answers_everybody_is_a_finding(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "open_to_all", True)
    sentences = failures(sender(endpoint, None), "good", patience=0)
    assert len(sentences) == 2
    assert sentences[0].startswith(
        "GET /users/123: nobody reads without a token, so it must answer 401; it answered 200"
    )


def test_without_a_token_the_other_checks_are_made(endpoint: str) -> None:
    assert failures(sender(endpoint, None), None, patience=0) == []


def test_what_is_not_there_yet_is_waited_for() -> None:
    now, asked = [0.0], [0]

    def send(expectation: Expectation, authorization: str | None) -> int:
        asked[0] += 1
        if asked[0] < 5:
            raise urllib3.exceptions.ProtocolError("not yet")
        return 401 if authorization in (None, "Bearer not.a.token") and expectation.path != "/health" else 200

    def sleep(seconds: float) -> None:
        now[0] += seconds

    assert failures(send, "good", patience=60, clock=lambda: now[0], sleep=sleep) == []
    assert now[0] > 0


def test_what_never_comes_is_an_error_after_the_timeout() -> None:
    now = [0.0]

    def send(_: Expectation, __: str | None) -> int:
        raise OSError

    def sleep(seconds: float) -> None:
        now[0] += seconds

    sentences = failures(send, "good", patience=60, clock=lambda: now[0], sleep=sleep)
    assert len(sentences) == len(EXPECTATIONS)
    assert sentences[0].endswith("it answered nothing (OSError)")
    assert now[0] < 70
