import base64
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.functions.orchestrator import handler as entry
from tests.support.scripted import resets, sends, waits

MARK = b'{"id":"123","name":"Mark Wells","role":"Engineer"}'
OK = sends(MARK)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_look_up_is_forwarded_and_answered(invoke, event, services):
    service = services(OK)
    sent = {"content-type": "application/json", "x-request-id": "caller-0001",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "vendor=1",
            "authorization": "Bearer secret", "x-forwarded-for": "1.2.3.4", "x-principal": "admin"}  # fmt: skip
    done = invoke(event(headers=sent), port=service.port)

    assert (done.status, done.json) == (200, {"id": "123", "name": "Mark Wells", "role": "Engineer"})
    assert done.headers["content-type"] == "application/json"
    assert done.headers["x-request-id"] == "caller-0001"
    assert done.headers["cache-control"] == "no-store"
    received = service.requests[0]
    assert (received.method, received.path) == ("GET", "/users/123")
    assert received.headers["x-request-id"] == "caller-0001"
    assert received.headers["tracestate"] == "vendor=1"
    assert re.fullmatch(f"00-{TRACE}-[0-9a-f]{{16}}-01", received.headers["traceparent"])
    assert received.headers["traceparent"] == done.headers["traceparent"]
    assert set(received.headers) == {
        "host", "accept", "accept-encoding", "user-agent", "x-request-id", "traceparent", "tracestate", "x-principal",
        "x-reach",
    }  # fmt: skip


def test_a_user_is_read(invoke, event, services):
    service = services(OK)
    done = invoke(event("GET /users/{userId}", None, path={"userId": "123"}, headers={}), port=service.port)

    assert (done.status, done.json["name"]) == (200, "Mark Wells")
    assert service.requests[0].path == "/users/123"
    assert re.fullmatch("[0-9a-f]{32}", done.headers["x-request-id"])


@pytest.mark.parametrize(("rate", "flag"), [("0", "00"), ("1", "01")])
def test_a_new_trace_is_sampled_at_the_rate_of_the_settings(invoke, event, services, rate, flag):
    service = services(OK)
    done = invoke(event(), port=service.port, TRACE_SAMPLE_RATE=rate)

    assert done.headers["traceparent"] == service.requests[0].headers["traceparent"]
    assert done.headers["traceparent"] == f"00-{done.log['trace_id']}-{done.log['span_id']}-{flag}"


def test_every_invocation_has_one_line(invoke, event, services):
    done = invoke(event(headers={"content-type": "application/json", "x-request-id": "caller-0001"}),
                  port=services(OK).port)  # fmt: skip

    assert len(done.lines) == 1
    line = done.log
    assert line.pop("timestamp")
    assert done.headers["traceparent"] == f"00-{line.pop('trace_id')}-{line.pop('span_id')}-00"
    assert line.pop("Latency") == line.pop("duration_ms") > 0
    assert line.pop("UpstreamLatency") == line.pop("upstream_ms") > 0
    assert line.pop("_aws")["CloudWatchMetrics"]
    assert line == {
        "level": "INFO", "service": "orchestrator", "message": "request", "request_id": "caller-0001",
        "status": 200, "method": "POST", "route": "POST /users", "aws_request_id": "aws-1",
        "subject": "alice", "upstream": "users", "upstream_status": 200, "attempts": 1,
        "Count": 1, "Errors": 0, "UpstreamCount": 1, "UpstreamErrors": 0,
    }  # fmt: skip


def test_a_line_names_the_hop_that_called(invoke, event, services):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"content-type": "application/json", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert invoke(event(headers=headers), port=services(OK).port).log["parent_id"] == "00f067aa0ba902b7"


BAD_BODIES = {
    "nothing": (None, 400, []),
    "empty": ("", 400, []),
    "no JSON": ("{", 400, []),
    "NaN": ('{"user_id": NaN}', 400, []),
    "Infinity": ('{"user_id": -Infinity}', 400, []),
    "a double's limit": ('{"user_id": 1e999}', 400, []),
    "a lone surrogate": (r'{"user_id": "\ud800"}', 400, []),
    "a lone surrogate in an unknown field": (r'{"user_id": "1", "\udfff": 1}', 400, []),
    "a lone surrogate in the text": ('{"user_id": "\ud800"}', 400, []),
    "two of a name": ('{"user_id": "1", "user_id": "2"}', 400, []),
    "deep": ("[" * 1000, 400, []),
    "1 MiB": ('{"user_id": "' + "x" * 1024 * 1024 + '"}', 413, []),
    "one byte too many": ('{"user_id": "1"}'.ljust(1025), 413, []),
    "too many bytes in few characters": ('{"user_id": "' + "😀" * 300 + '"}', 413, []),
    "a list": ("[]", 422, [("", "must be object")]),
    "null": ("null", 422, [("", "must be object")]),
    "a text": ('"123"', 422, [("", "must be object")]),
    "a missing field": ("{}", 422, [("/user_id", "is required")]),
    "an unknown field": ('{"user_id": "1", "b": 1, "a": 2}', 422,
                         [("/b", "is not a known member"), ("/a", "is not a known member")]),
    "a missing and an unknown field": ('{"id": "1"}', 422,
                                       [("/user_id", "is required"), ("/id", "is not a known member")]),
    "a wrong type": ('{"user_id": 123}', 422, [("/user_id", "must be string")]),
    "null in a field": ('{"user_id": null}', 422, [("/user_id", "must be string")]),
    "an empty text": ('{"user_id": ""}', 422,
                      [("/user_id", "must be longer than or equal to 1 characters"),
                       ("/user_id", "must match pattern ^[A-Za-z0-9_-]+$")]),
    "a long text": ('{"user_id": "' + "x" * 65 + '"}', 422,
                    [("/user_id", "must be shorter than or equal to 64 characters")]),
    "another path": ('{"user_id": "../x"}', 422, [("/user_id", "must match pattern ^[A-Za-z0-9_-]+$")]),
    "a line's end": ('{"user_id": "123\\n"}', 422, [("/user_id", "must match pattern ^[A-Za-z0-9_-]+$")]),
}  # fmt: skip


@pytest.mark.parametrize("in_base64", [False, True])
@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_a_problem_that_names_every_violation(invoke, event, services, name, in_base64):
    body, status, errors = BAD_BODIES[name]
    if in_base64 and body is not None:
        body = base64.b64encode(body.encode(errors="surrogatepass")).decode()
    service = services(OK)
    done = invoke(event(body=body, base64=in_base64), port=service.port)

    assert done.status == status
    assert done.headers["content-type"] == "application/problem+json"
    assert done.json["status"] == status
    assert done.json["request_id"] == done.headers["x-request-id"] == done.log["request_id"]
    assert [(error["pointer"], error["detail"]) for error in done.json.get("errors", [])] == errors
    assert service.requests == []
    assert done.log["status"] == status
    assert done.log["level"] == "INFO"


def test_a_body_that_is_not_base64_is_a_problem(invoke, event):
    assert invoke(event(body="%%%", base64=True)).status == 400
    assert invoke(event(body="eyJ1c2VyX2lkIjoi%MTIzIn0=", base64=True)).status == 400
    assert invoke(event(body="é", base64=True)).status == 400


def test_bytes_that_are_not_utf8_are_a_problem(invoke, event):
    assert invoke(event(body=base64.b64encode(b'{"user_id":"\xff"}').decode(), base64=True)).status == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ('application/json;charset="utf-8"; profile=x', 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("application/problem+json", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_each_content_type_has_its_status(invoke, event, services, content_type, status):
    headers = {} if content_type is None else {"Content-Type": content_type}

    assert invoke(event(headers=headers), port=services(OK).port).status == status


@pytest.mark.parametrize("value", ["..%2fadmin", "a/b", "x" * 65, "", "123 ", "123\n", "\ud800", "%00"])
def test_a_bad_path_parameter_is_named_and_not_repeated(invoke, event, services, value):
    service = services(OK)
    done = invoke(event("GET /users/{userId}", None, path={"userId": value}), port=service.port)

    assert done.status == 422
    assert {error["parameter"] for error in done.json["errors"]} == {"userId"}
    assert not value or value not in json.dumps(done.json, ensure_ascii=False).replace("/errors", "")
    assert service.requests == []


def test_without_claims_nothing_is_forwarded(invoke, event, services):
    service = services(OK)
    closed = event()
    del closed["requestContext"]["authorizer"]
    done = invoke(closed, port=service.port)

    assert (done.status, done.headers["www-authenticate"]) == (401, "Bearer")
    assert service.requests == []


def test_without_the_scope_nothing_is_forwarded_nor_read(invoke, event, services):
    service = services(OK)
    done = invoke(event(body="{", claims={"sub": "alice", "scope": "orders:write"}), port=service.port)

    assert done.status == 403
    assert done.json["type"] == "tag:crosscloud,2026:insufficient-scope"
    assert service.requests == []


def test_the_issuers_prefix_is_taken_from_the_settings(invoke, event, services, monkeypatch):
    monkeypatch.setenv("SCOPE_PREFIX", "crosscloud/")
    service = services(OK)

    assert invoke(event(), port=service.port).status == 403
    prefixed = event(claims={"sub": "123", "scope": "crosscloud/users:read"})
    assert invoke(prefixed, port=service.port).status == 200


@pytest.mark.parametrize("route", ["GET /nothing", "DELETE /users", "$default", "POST /users/", None, 5])
def test_an_unknown_route_is_not_found(invoke, event, route):
    unknown = event()
    unknown["routeKey"] = route
    done = invoke(unknown)

    assert (done.status, done.log["route"]) == (404, "unmatched")


NOBODY = json.dumps({"type": "tag:crosscloud,2026:not-found", "status": 404}).encode()


@pytest.mark.parametrize(
    ("behaviour", "status", "slug"),
    [
        (resets(), 502, "upstream-failed"),
        (sends(MARK, status=500), 502, "upstream-failed"),
        (sends(MARK, status=418), 502, "upstream-failed"),
        (sends(b"<html>", media_type="text/html"), 502, "upstream-failed"),
        (sends(b"<html>"), 502, "upstream-failed"),
        (sends(b'{"id":NaN}'), 502, "upstream-failed"),
        (sends(b'{"id":"\xff"}'), 502, "upstream-failed"),
        (sends(b""), 502, "upstream-failed"),
        (sends(b"[" * 100_000), 502, "upstream-failed"),
        (sends(b" " * 2_000_000), 502, "upstream-failed"),
        (sends(b"no route", status=404, media_type="text/plain"), 502, "upstream-failed"),
        (sends(b"{}", status=404), 502, "upstream-failed"),
        (sends(b"", status=503, headers="retry-after: 7\r\n"), 503, "unavailable"),
        (sends(b"", status=504), 504, "upstream-timeout"),
        (sends(NOBODY, status=404, media_type="application/problem+json"), 404, "not-found"),
    ],
)
def test_what_a_service_does_becomes_an_answer(invoke, event, services, monkeypatch, behaviour, status, slug):
    monkeypatch.setattr("app.functions.kit.retries.ATTEMPTS", 1)
    done = invoke(event(), port=services(behaviour).port)

    assert (done.status, done.json["type"]) == (status, f"tag:crosscloud,2026:{slug}")
    assert done.headers["content-type"] == "application/problem+json"
    assert done.log["level"] == ("INFO" if status < 500 else "ERROR")
    assert ("reason" in done.log) == (status >= 500)
    if status == 503:
        assert done.headers["retry-after"] == "7"


def test_nobody_listens(invoke, event):
    done = invoke(event())

    assert (done.status, done.headers["retry-after"]) == (503, "1")
    assert "refused" in done.log["reason"]
    assert "refused" not in done.body


def test_the_answer_comes_before_the_invocation_ends(invoke, event, services, released):
    done = invoke(event(), port=services(waits(released)).port, seconds=0.8)

    assert done.status == 504
    assert done.log["duration_ms"] < 700


def test_only_listed_headers_leave(invoke, event, services):
    headers = 'etag: "7"\r\nserver: uvicorn\r\nset-cookie: a=b\r\nx-internal: 1\r\nlocation: https://10.0.0.1/\r\n'
    done = invoke(event(), port=services(sends(MARK, headers=headers)).port)

    assert set(done.headers) == {
        "content-type", "etag", "cache-control", "x-content-type-options", "x-request-id", "traceparent"
    }  # fmt: skip


def test_the_unexpected_is_a_problem_and_its_stack_is_in_the_log_only(invoke, event, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("SENSITIVE")

    monkeypatch.setattr("app.functions.kit.principal.authorise", broken)
    done = invoke(event())

    assert (done.status, done.json["type"]) == (500, "tag:crosscloud,2026:internal-error")
    assert "SENSITIVE" not in done.body
    assert "RuntimeError: SENSITIVE" in done.log["stack"]
    assert done.log["request_id"] == done.json["request_id"]
    assert done.log["level"] == "ERROR"


def test_settings_that_are_wrong_are_a_problem_until_they_are_right(invoke, event, services, monkeypatch, capsys):
    from tests.unit.app.functions.conftest import Context

    monkeypatch.delenv("UPSTREAM_URL", raising=False)
    response = entry.handler(event(), Context())
    assert response["statusCode"] == 500
    assert "UPSTREAM_URL" not in response["body"]
    assert "UPSTREAM_URL" in json.loads(capsys.readouterr().out)["stack"]

    assert invoke(event(), port=services(OK).port).status == 200


def test_a_certificate_that_can_not_be_renewed_is_reported(invoke, event, services, secrets, monkeypatch):
    monkeypatch.setattr("app.functions.kit.secrets.TTL", 0.0)
    port = services(OK).port
    invoke(event(), port=port)
    secrets.status = 400
    done = invoke(event(), port=port)

    assert done.status == 200
    assert [line["level"] for line in done.lines] == ["WARNING", "INFO"]
    assert done.lines[0]["message"] == "The client certificate could not be renewed."
    assert "ResourceNotFoundException" in done.lines[0]["reason"]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.sampled_from(sorted({text.encode(errors="surrogatepass") for text, *_ in BAD_BODIES.values() if text})),
        st.builds(lambda a, b: b'{"user_id":' + a + b, st.binary(max_size=20), st.sampled_from([b"}", b'"}', b""])),
    ),
    content_type=st.one_of(st.just("application/json"), st.text(max_size=30)),
    in_base64=st.booleans(),
)
def test_no_bytes_make_a_failure(invoke, event, body, content_type, in_base64):
    text = base64.b64encode(body).decode() if in_base64 else body.decode(errors="surrogateescape")
    done = invoke(event(body=text, headers={"content-type": content_type}, base64=in_base64))

    assert done.status in {400, 413, 415, 422, 503}  # 503: this body was fine, and nobody listens
    assert done.json["status"] == done.status


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    headers=st.dictionaries(st.text(max_size=20), st.text(max_size=80), max_size=5),
    known=st.dictionaries(st.sampled_from(["x-request-id", "traceparent", "tracestate"]), st.text(max_size=80)),
    user_id=st.text(max_size=70),
)
def test_no_header_or_parameter_makes_a_failure(invoke, event, headers, known, user_id):
    done = invoke(event("GET /users/{userId}", None, path={"userId": user_id}, headers=headers | known))

    assert done.status in {422, 503}
    assert re.fullmatch("[A-Za-z0-9._-]{8,64}", done.headers["x-request-id"])
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", done.headers["traceparent"])
