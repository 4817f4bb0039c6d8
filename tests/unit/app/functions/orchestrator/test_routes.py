"""Every route of the contract: what reaches a service, and what can't."""

import json
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from app.contract.operation import STAFF, Source
from app.functions.orchestrator.operations import OPERATIONS
from tests.support.scripted import sends
from tests.unit.app.functions.examples import ROUTES, body_of, headers_of, path_of

ALWAYS = {"host", "accept", "accept-encoding", "user-agent", "x-request-id", "traceparent"}
WITH_PATH = [route for route in ROUTES if "{" in route]
ANSWER = sends(b'{"items":[]}')


@pytest.fixture
def good(event):
    """A good request of a route: `good(route, headers={...})`."""

    def make(route: str, *, headers: dict | None = None, path: dict | None = None, query: dict | None = None) -> dict:
        operation = OPERATIONS[route]
        return event(
            route,
            body_of(operation),
            headers=headers_of(operation) | (headers or {}),
            path=path_of(operation) | (path or {}),
            query=query,
        )

    return make


def accepted(done) -> bool:
    """The service was asked, whatever came of its answer."""
    return done.status not in (400, 401, 403, 404, 413, 415, 422)


@pytest.mark.parametrize("route", ROUTES)
def test_the_contracts_example_reaches_the_service(invoke, good, services, route):
    operation = OPERATIONS[route]
    service = services(ANSWER)
    done = invoke(good(route), port=service.port)

    assert accepted(done), done.body
    how = operation.orchestration
    forwards = [how.forward] if how.forward else [part.forward for part in how.parts.values()]
    values = path_of(operation) | json.loads(body_of(operation) or "{}")
    expected = [
        forward.path.format_map({name: values[source.name] for name, source in forward.parameters.items()})
        for forward in forwards
    ]
    assert sorted(urlsplit(each.path).path for each in service.requests) == sorted(expected)
    for forward in forwards:
        (received,) = [
            each for each in service.requests if urlsplit(each.path).path == expected[forwards.index(forward)]
        ]
        assert received.method == forward.method
        assert received.body == (body_of(operation).encode() if forward.body else b"")


SPOOFED = {
    "authorization": "Bearer x", "cookie": "a=b", "x-api-key": "k", "x-subject": "root",
    "x-principal": "system/fulfilment", "x-reach": "own",
    "x-user": "root", "x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http",
    "x-forwarded-client-cert": "By=x", "x-envoy-original-path": "/admin", "x-original-url": "/admin",
    "x-rewrite-url": "/admin", "x-http-method-override": "DELETE", "forwarded": "for=1.2.3.4", "via": "1.1 evil",
    "x-real-ip": "1.2.3.4", "true-client-ip": "1.2.3.4", "host": "evil.example", "origin": "https://evil.example",
    "connection": "close, x-request-id", "keep-alive": "timeout=1", "proxy-authorization": "Basic x",
    "proxy-connection": "close", "te": "trailers", "trailer": "x", "transfer-encoding": "chunked", "upgrade": "h2c",
    "http2-settings": "x", "expect": "100-continue", "content-encoding": "gzip", "range": "bytes=0-1",
    "if-modified-since": "x", "accept": "text/html", "accept-encoding": "gzip", "user-agent": "evil",
    "baggage": "a=b", "b3": "x", "x-b3-traceid": "x", "x-amzn-trace-id": "Root=1", "x-cloud-trace-context": "x",
}  # fmt: skip
"""The headers of hops, identities, addresses and other paths: none is for a service."""


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_but_the_listed_headers_reaches_a_service(invoke, good, services, route):
    operation = OPERATIONS[route]
    service = services(ANSWER)
    port = service.port
    done = invoke(good(route, headers=SPOOFED), port=port)

    assert accepted(done), done.body
    how = operation.orchestration
    named = (
        {name for name, source in how.forward.headers.items() if isinstance(source, Source)} if how.forward else set()
    )
    named |= {"x-principal", "x-reach"} if operation.scopes else set()
    named |= {"content-type", "content-length"} if how.forward and how.forward.body else set()
    reach = "any" if any(scope.startswith(STAFF) for scope in operation.scopes or ()) else "own"
    assert service.requests
    for received in service.requests:
        assert set(received.headers) == ALWAYS | named
        assert received.headers["host"] == f"127.0.0.1:{port}"
        assert received.headers["accept-encoding"] == "identity"
        assert received.headers.get("x-principal") == ("token/alice" if operation.scopes else None)
        assert received.headers.get("x-reach") == (reach if operation.scopes else None)
        assert received.headers.get("content-type") == ("application/json" if "content-type" in named else None)
        for name in named & set(operation.headers):
            assert received.headers[name] == headers_of(operation)[operation.headers[name]]
        assert not set(received.headers.values()) & (set(SPOOFED.values()) - {"x", reach})


@pytest.mark.parametrize(
    "value",
    ["..%2f", "..%2fadmin", "%2e%2e%2fadmin", "../admin", "..", ".", "a/b", "a%2fb", "a\\b", "..\\..", "a;b=c", "a?b=c",
     "a#b", "a%00", "a\x00", "a\r\nx: y", "%252e%252e%252f", "//evil.example", "@evil", "a b", "ü",
     "\uff0e\uff0e\uff0f"],
)  # fmt: skip
@pytest.mark.parametrize("route", WITH_PATH)
def test_no_value_of_the_path_reaches_another_route(invoke, good, services, route, value):
    operation = OPERATIONS[route]
    service = services(ANSWER)
    for name in operation.path:
        for given in (value, unquote(value)):
            done = invoke(good(route, path={name: given}), port=service.port)
            assert done.status == 422
            assert [each.get("parameter") for each in done.json["errors"]] == [name]
            assert "evil" not in done.body
    assert service.requests == []


@pytest.mark.parametrize("route", [route for route in ROUTES if OPERATIONS[route].scopes])
def test_each_scope_of_a_route_is_needed(invoke, event, services, route):
    operation = OPERATIONS[route]
    service = services(ANSWER)
    for scopes, missing in ((each, scope) for each in operation.security for scope in each):
        others = " ".join(sorted(scopes - {missing} | {"other:read"}))
        claims = {"sub": "alice", "scope": others, "groups": "[staff]"}
        done = invoke(event(route, None, claims=claims), port=service.port)
        assert (done.status, done.json["type"]) == (403, "tag:crosscloud,2026:insufficient-scope")
    assert service.requests == []


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_refuses_a_query_that_it_does_not_know(invoke, good, services, route):
    service = services(ANSWER)
    done = invoke(good(route, query={"debug": "1"}), port=service.port)

    assert (done.status, done.json["errors"]) == (
        422, [{"parameter": "debug", "detail": "is not a parameter of the query"}]
    )  # fmt: skip
    assert service.requests == []


# ---- what comes back

NOTHING_ELSE = {"content-type", "cache-control", "x-content-type-options", "x-request-id", "traceparent"}


def test_a_created_user_has_a_place_and_a_version(invoke, good, services):
    created = sends(b'{"id":"123"}', status=201, headers='etag: "1"\r\nlocation: /users/123\r\nset-cookie: a=b\r\n')
    done = invoke(good("PUT /users/{userId}"), port=services(created).port)

    assert done.status == 201
    assert (done.headers["etag"], done.headers["location"]) == ('"1"', "/users/123")
    assert set(done.headers) == NOTHING_ELSE | {"etag", "location"}


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "users/1",
        "/users/\x7f",
        "/" + "x" * 2000,
        "/a b",
        "",
    ],
)
def test_a_place_anywhere_else_does_not_leave(invoke, good, services, location):
    created = sends(b'{"id":"123"}', status=201, headers=f"location: {location}\r\n")
    done = invoke(good("PUT /users/{userId}"), port=services(created).port)

    assert (done.status, done.headers.get("location")) == (201, None)


def test_a_deleted_user_leaves_nothing(invoke, good, services):
    gone = lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n") or True  # noqa: E731
    done = invoke(good("DELETE /users/{userId}"), port=services(gone).port)

    assert (done.status, done.body) == (204, "")
    assert set(done.headers) == NOTHING_ELSE - {"content-type"}


@pytest.mark.parametrize("status", [404, 412, 428])
def test_a_services_problem_passes_where_it_is_an_answer(invoke, good, services, status):
    problem = sends(json.dumps({"status": status}).encode(), status=status, media_type="application/problem+json")
    service = services(problem)

    done = invoke(good("PATCH /users/{userId}"), port=service.port)
    assert (done.status, done.json) == (status, {"status": status})
    assert done.headers["content-type"] == "application/problem+json"
    assert invoke(good("GET /users"), port=service.port).status == 502


def test_a_503_that_is_an_answer_passes_and_one_of_the_ingress_does_not(invoke, good, services, monkeypatch):
    """An operation may count a busy service among its answers: told at once, and no reason to open the circuit."""
    route = "POST /analytics/reports"
    how = OPERATIONS[route].orchestration
    busy = replace(OPERATIONS[route], orchestration=replace(how, answers=how.answers | {503}))
    monkeypatch.setitem(OPERATIONS, route, busy)
    problem = sends(b'{"status":503}', status=503, media_type="application/problem+json", headers="retry-after: 9\r\n")
    service = services(problem)
    for _ in range(20):
        done = invoke(good(route), port=service.port)
        assert (done.status, done.json, done.headers["retry-after"]) == (503, {"status": 503}, "9")
        assert done.log["attempts"] == 1
    service.script = [sends(b"upstream connect error", status=503, media_type="text/plain")]

    done = invoke(good(route), port=service.port)
    assert (done.status, done.json["type"]) == (503, "tag:crosscloud,2026:unavailable")
    assert done.log["attempts"] == 3
