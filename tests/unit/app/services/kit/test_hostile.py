"""Hostile bytes: the service never fails, and never leaves a connection hanging, whatever bytes are sent."""

import contextlib
import json
import random
import socket
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.common import http

from app.services.kit import idempotency
from app.services.kit.settings import Settings
from app.services.users import api
from tests.support import routes
from tests.support.asgi import client

MANY = settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
METHODS = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"])
UUID = "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"
SEGMENTS = st.one_of(
    st.sampled_from(["texts", "numbers", "files", "query", "headers", "pages", "orders", "users", "health", "metrics"]),
    st.sampled_from(["123", UUID, "%00", "%2e%2e", "..", "%ff", "%ed%a0%80", "", "9" * 5000, "\u0661"]),
    st.binary(max_size=8).map(quote_from_bytes),
)
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts))
NAMES = st.sampled_from(["number", "at", "amount", "flag", "tags", "q[0]", "limit", "cursor", "other", "", "%00"])
VALUES = st.one_of(
    st.binary(max_size=12).map(quote_from_bytes),
    st.sampled_from(
        ["1", "-0", "1e400", "NaN", "inf", "9" * 5000, "true", "%00", "%ed%a0%80", "0001-01-01T00:00:00%2B23:59", "W10",
         "9999-12-31T23:59:59-23:59", "2026-11-21T10:00:00Z", "253402300800", "-1e30", "&&", "=", ";", "__",
         "WyJhIl0", "WyJcdTAwMDAiXQ", "WyJcdWQ4MDAiXQ"]  # cursors: "a", NUL, a lone surrogate
    ),
)  # fmt: skip
QUERIES = st.lists(st.builds("{}={}".format, NAMES, VALUES), max_size=4).map("&".join)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            b"content-type content-length transfer-encoding x-request-id traceparent tracestate if-match if-none-match "
            b"idempotency-key x-principal x-text x-number accept host".split()
        ),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"application/json", b"application/json; charset=utf-16", b"chunked", b"-1", b"9" * 40, b"*", b'"1"',
                 b'W/"1"', b"key-1", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", b"a=b", b"\0", b"\xff",
                 b"x" * 5000]
            ),
        ),
    ),
    max_size=5,
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc"]), max_size=3),
    st.sampled_from([UUID, "2026-11-21", "0000-00-00", "9.99", "1e999", "NaN", "a\0", "\ud800", "x" * 300]),
)
MEMBERS = ["id", "day", "note", "count", "lines", "labels", "product", "price", "name", "role"]
JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["id", "day", "note", "count", "lines", "labels", "product", "price", "name", "role"]),
                TEXTS,
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)
GOOD = {"id": UUID, "day": "2026-11-21", "note": "é", "count": 2, "lines": [{"product": "a", "price": "1.10"}]}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()  # NaN and lone surrogates as Python writes them


@st.composite
def nearly_good(draw) -> bytes:
    """Draws a good body of which one member is replaced, or some bytes."""
    value = dict(GOOD) | {"name": "n", "role": "r"}
    if draw(st.booleans()):
        value = {
            name: draw(JSONS) if name == draw(st.sampled_from(sorted(value))) else each for name, each in value.items()
        }
    raw = dumped(value)
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(st.binary(max_size=3)) + raw[at + draw(st.integers(0, 3)) :]


BODIES = st.one_of(st.none(), st.binary(max_size=60), JSONS.map(dumped), nearly_good(), st.just(dumped(GOOD)))


@pytest.fixture
def database(server) -> str:
    url: str = server.new_database()
    server.execute((Path(idempotency.__file__).parent / "idempotency_keys.sql").read_text(), url=url)
    return url


@pytest.fixture
def every(database, environment, monkeypatch):
    """Its requests are sampled, so that their spans are made as well; the collector is away."""
    # The exporter's thread draws its pauses, and Hypothesis watches the generator that all modules share.
    monkeypatch.setattr(http, "random", random.Random())
    given = environment | {"DATABASE_URL": database, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    with client(routes.make(Settings.from_environment(given))) as call:
        yield call


@pytest.fixture
def users(server, migrate, environment):
    urls = server.new_service()
    assert migrate(urls).returncode == 0
    with client(api.create(Settings.from_environment(environment | {"DATABASE_URL": urls.service}))) as call:
        yield call


def answered(call, method, path, query, headers, body, as_json) -> None:
    good = {"traceparent": SAMPLED, "tracestate": "a=b"} | ({"content-type": "application/json"} if as_json else {})
    reply = call(method, f"{path}?{query}", headers=good, raw=headers, body=body)

    assert 200 <= reply.status < 500, (reply.status, reply.body)
    if reply.headers.get("content-type") == "application/problem+json":
        assert reply.json["status"] == reply.status


@MANY
@given(METHODS, PATHS, QUERIES, HEADERS, BODIES, st.booleans())
def test_no_request_makes_a_service_with_every_kind_of_route_fail(every, method, path, query, headers, body, as_json):
    answered(every, method, path, query, headers, body, as_json)


TARGETS = st.sampled_from(
    [("POST", "/orders"), ("PUT", f"/orders/{UUID}"), ("GET", "/query"), ("GET", "/headers"), ("GET", "/pages")]
)


@MANY
@given(TARGETS, QUERIES, HEADERS, BODIES)
def test_no_request_for_a_route_makes_it_fail(every, target, query, headers, body):
    answered(every, *target, query, headers, body, True)


USER = st.fixed_dictionaries({}, optional={"name": TEXTS | st.just("n"), "role": TEXTS | st.just("r")}).map(dumped)


USERS = st.one_of(  # method, path, query, headers, body
    st.tuples(st.just("GET"), st.just("/users"), VALUES.map("cursor={}".format), HEADERS, st.none()),
    st.tuples(st.just("PUT"), st.just("/users/new"), st.just(""), st.just([]), USER),
    st.tuples(st.just("PATCH"), st.just("/users/123"), st.just(""), st.just([(b"if-match", b'"1"')]), USER),
    st.tuples(METHODS, SEGMENTS.map("/users/{}".format), QUERIES, HEADERS, BODIES),
)


@MANY
@given(USERS)
def test_no_request_makes_the_users_service_fail(users, request_):
    answered(users, *request_, True)


def test_these_requests_do_get_through(every, users):
    """The strategies above would prove nothing if everything were refused at the door."""
    key = [(b"idempotency-key", b"key-1")]
    good = {"content-type": "application/json"}
    assert every("POST", "/orders", headers=good, raw=key, body=dumped(GOOD)).status == 201
    assert every("PUT", f"/orders/{UUID}", headers=good, body=dumped(GOOD)).status == 200
    assert every("GET", "/query?number=1&at=2026-11-21T10:00:00Z&amount=1.10&tags=a&tags=b&q[0]=x").status == 200
    assert users("PUT", "/users/new", headers=good, body=b'{"name": "n", "role": "r"}').status == 201


PROGRAM = """
import os
from app.services.kit import logs, server
from app.services.kit.settings import Settings
from tests.support import routes

settings = Settings.from_environment(os.environ)
logs.configure(service=settings.service, level=settings.log_level)
made = server.server(routes.make(settings), settings)
made.config.ssl_certfile = made.config.ssl_keyfile = None  # bytes on a socket, not TLS, are what is tried
made.run()
"""


@pytest.fixture
def port(start, database):
    """Yields the port of a process that serves plain HTTP; afterwards its log must show no failure."""
    service = start("-c", PROGRAM, DATABASE_URL=database)
    while not service.takes_connections():
        assert service.process.poll() is None
    yield service.port
    assert exchange(service.port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    lines = service.end()
    assert [line for line in lines if line["level"] == "ERROR" or line.get("status", 0) >= 500] == []


def exchange(port: int, sent: bytes) -> bytes:
    """Returns what comes back for the bytes, the only ones sent. Fails when the connection is then not ended."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(sent)
        connection.settimeout(0.05)
        with contextlib.suppress(TimeoutError):  # it may wait for more
            got = connection.recv(65536)
        connection.settimeout(60)
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            got += more
    return got


def assert_no_failure(got: bytes) -> None:
    assert b"HTTP/1.1 5" not in got
    assert got == b"" or got.startswith(b"HTTP/1.1 ")


LINES = st.sampled_from(
    [
        b"GET /livez HTTP/1.1", b"POST /orders HTTP/1.1", b"GET /query?number=%ff HTTP/1.1", b"GET /texts/%00 HTTP/1.1",
        b"GET http://other/livez HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"GET /livez HTTP/9.9",
        b"get / HTTP/1.1", b"GET /livez", b"GET //livez HTTP/1.1", b"GET /te\xffxts HTTP/1.1", b"PRI * HTTP/2.0",
        b"\x16\x03\x01",
    ]
)  # fmt: skip
FIELDS = st.one_of(
    st.sampled_from(
        [
            b"Host: x", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
            b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b" a: b",
            b"Content-Type: application/json", b"Expect: 100-continue", b"Connection: close", b"Upgrade: h2c", b": a",
            b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: x", b"X-Text: \xff", b"no-colon",
        ]
    ),
    st.binary(max_size=20),
)  # fmt: skip
AFTER = st.sampled_from(
    [b"", b"{", b"5\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"FFFFFFFFFFFFFFFFF\r\n", dumped(GOOD)]
)


@st.composite
def messages(draw) -> bytes:
    end = draw(st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n\r\n"]))
    return end.join([draw(LINES), *draw(st.lists(FIELDS, max_size=4)), b"", b""]) + draw(AFTER)


@settings(MANY, max_examples=150)
@given(st.one_of(st.binary(max_size=200), messages()))
def test_no_bytes_on_a_connection_make_a_failure_or_leave_it_hanging(port, sent):
    assert_no_failure(exchange(port, sent))


def test_no_length_makes_a_failure(port):
    for sent in (
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"\0" * 100_000,
    ):
        assert_no_failure(exchange(port, sent))


LENGTH = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


AMBIGUOUS = (
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length: 2\r\nContent-Length: 3\r\n",
    b"Content-Length: -2\r\n",
    b"Content-Length: +2\r\n",
    b"Content-Length: 2,2\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"X-Text: a\0b\r\n",
    b"X-Text: a\r\n folded\r\n",
)


def test_what_two_readers_could_read_in_two_ways_is_refused_and_ends_the_connection(port):
    for head in AMBIGUOUS:
        got = exchange(port, LENGTH + head + b"\r\n{}GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 400 "), head
        assert got.count(b"HTTP/1.1 ") == 1, head


def test_an_ended_body_and_a_refused_one_are_no_failures(port):
    assert_no_failure(exchange(port, LENGTH + b"Content-Length: 1000\r\n\r\n{"))
    refused = exchange(port, LENGTH + b"Content-Length: 100000000\r\n\r\n" + b" " * 1000)
    assert refused.startswith(b"HTTP/1.1 413 ")
    assert refused.count(b"HTTP/1.1 ") == 1
