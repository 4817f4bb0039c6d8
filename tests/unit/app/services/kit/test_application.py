"""The application as callers meet it, with routes that real services have: a look-up, a creation, a failure."""

import asyncio
import json
import logging
import re
import shutil
import time
from dataclasses import replace
from typing import Annotated

import pytest
from fastapi import HTTPException, Path, Query
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from app.services.kit import application, middleware
from app.services.kit.routing import Router
from tests.support.asgi import client
from tests.support.pki import DAY

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(max_length=10)
    count: int = Field(ge=1)
    price: float = 1.0


router = Router()


@router.post("/things", status_code=201)
async def create_thing(thing: Thing) -> Thing:
    return thing


@router.get("/things/{thing_id}")
async def read_thing(
    thing_id: Annotated[str, Path(pattern="^[a-z]+$")], limit: Annotated[int, Query(le=9)] = 1
) -> dict:
    return {"id": thing_id, "limit": limit}


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("SENSITIVE")


@router.get("/refused")
async def refused() -> None:
    raise HTTPException(409, "SENSITIVE")


@router.get("/cancelled")
async def cancelled() -> None:
    raise asyncio.CancelledError


@pytest.fixture
def call(settings):
    with client(application.create(settings, router)) as made:
        yield made


def post(call, body: bytes, content_type: str | None = "application/json", **options):
    return call("POST", "/things", body=body, headers={"content-type": content_type} if content_type else {}, **options)


def test_a_good_request(call):
    reply = post(call, b'{"name": "a", "count": 1}')

    assert (reply.status, reply.json) == (201, {"name": "a", "count": 1, "price": 1.0})


BAD = {
    "no JSON": (b"{", 400, None),
    "nothing": (b"", 422, {""}),
    "NaN": (b'{"name": NaN, "count": 1}', 400, None),
    "NaN where a number goes": (b'{"name": "a", "count": 1, "price": NaN}', 400, None),
    "Infinity": (b'{"name": "a", "count": Infinity}', 400, None),
    "a lone surrogate": (rb'{"name": "\ud800", "count": 1}', 400, None),
    "a lone surrogate in a name": (rb'{"\ud800": 1}', 400, None),
    "no UTF-8": (b'{"name": "\xff", "count": 1}', 400, None),
    "deep": (b"[" * 20_000, 400, None),
    "a long number": (b'{"name": "a", "count": ' + b"1" * 5000 + b"}", 400, None),
    "a list": (b"[]", 422, {""}),
    "everything wrong": (b'{"name": 5, "count": 0, "other": 1}', 422, {"/name", "/count", "/other"}),
    "fields missing": (b"{}", 422, {"/name", "/count"}),
    "another type": (b'{"name": "a", "count": "1"}', 422, {"/count"}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_a_problem_that_names_every_violation(call, name):
    body, status, pointers = BAD[name]
    reply = post(call, body)

    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    assert (pointers is None) == ("errors" not in reply.json)
    assert {error["pointer"] for error in reply.json.get("errors", [])} == (pointers or set())


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/xml", "application/problem+json"])
def test_another_media_type_is_refused(call, content_type):
    assert post(call, b"{}", content_type).status == 415


def test_rejected_values_are_not_repeated(call):
    reply = post(call, b'{"name": "SENSITIVE-and-long", "count": "SENSITIVE"}')

    assert reply.status == 422
    assert b"SENSITIVE" not in reply.body


def test_parameters_are_named(call):
    reply = call("GET", "/things/A?limit=10")

    assert reply.status == 422
    assert [(error["parameter"], bool(error["detail"])) for error in reply.json["errors"]] == [
        ("thing_id", True),
        ("limit", True),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/things/a/", 404, "not-found"),
        ("DELETE", "/things", 405, "method-not-allowed"),
        ("GET", "/refused", 409, "conflict"),
        ("GET", "/broken", 500, "internal-error"),
    ],
)
def test_every_error_is_a_problem(call, method, path, status, slug):
    reply = call(method, path)

    assert (reply.status, reply.json["status"]) == (status, status)
    assert reply.json["type"] == f"tag:crosscloud,2026:{slug}"
    assert reply.headers["content-type"] == "application/problem+json"
    assert b"SENSITIVE" not in reply.body


def test_a_wrong_method_gets_the_allowed_ones(call):
    assert call("DELETE", "/things").headers["allow"] == "POST"


def test_the_stack_of_the_unexpected_is_in_the_log_with_the_request(call, lines, caplog):
    with caplog.at_level(logging.ERROR):
        reply = call("GET", "/broken", headers={"x-request-id": "caller-0001"})

    assert reply.json["request_id"] == "caller-0001"
    assert "RuntimeError: SENSITIVE" in caplog.text
    assert lines()[-1]["status"] == 500


def test_a_request_id_and_a_trace_are_continued(call, lines):
    headers = {"x-request-id": "caller-0001", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    reply = call("GET", "/things/abc", headers=headers)
    (line,) = lines()

    assert reply.headers["x-request-id"] == "caller-0001"
    assert line.pop("timestamp")
    assert line.pop("duration_ms") >= 0
    assert re.fullmatch("[0-9a-f]{16}", line.pop("span_id"))
    assert line == {
        "level": "INFO", "service": "users", "message": "request", "request_id": "caller-0001", "trace_id": TRACE,
        "parent_id": "00f067aa0ba902b7", "method": "GET", "route": "/things/{thing_id}", "status": 200,
        "pod": "users-1",
    }  # fmt: skip


def test_a_request_without_an_id_gets_one(call, lines):
    reply = call("GET", "/things/abc", headers={"x-request-id": "bad id"})

    assert len(reply.headers["x-request-id"]) == 32
    assert lines()[0]["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_are_logged_for_debugging_only(settings, lines, path):
    with client(application.create(settings, router)) as call:
        call("GET", path)
        assert [line for line in lines() if line.get("route")] == []
    with client(application.create(replace(settings, log_level="DEBUG"), router)) as call:
        call("GET", path)
        assert [line["route"] for line in lines() if line.get("route")] == [path]


def test_a_cancelled_request_has_its_line(call, lines):
    with pytest.raises(asyncio.CancelledError):
        call("GET", "/cancelled")

    assert lines()[-1]["status"] == 500


def metrics(call) -> dict[str, float]:
    text = call("GET", "/metrics").body.decode()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def count(method: str, route: str, status: int) -> str:
    return f'http_request_duration_seconds_count{{method="{method}",route="{route}",status="{status}"}}'


def test_requests_are_measured_by_their_template(call):
    for name in ("a", "b", "c"):
        call("GET", f"/things/{name}")
    found = metrics(call)

    assert found[count("GET", "/things/{thing_id}", 200)] == 3
    assert found["database_connections"] == 0
    assert "process_resident_memory_bytes" in found


def test_a_scan_adds_no_series(call):
    call("GET", "/nothing")
    call("BREW", "/nothing")
    before = len(metrics(call))
    for number in range(50):
        call("GET", f"/scan/{number}")
        call(f"M{number}", "/nothing")
        call("GET", f"/things/{'x' * number}")
    call("GET", "/things/A")
    after = metrics(call)

    assert after[count("GET", "unmatched", 404)] == 51 + 1  # /things/ without a name
    assert after[count("other", "unmatched", 404)] == 51
    assert len(after) - before <= 3 * 17  # /metrics itself and the two answers of one route


def test_a_body_that_is_too_long_is_refused_before_and_while_it_is_read(call):
    big = b" " * (middleware.MAX_BODY + 1)
    for reply in (post(call, big), post(call, [big[:1000]] * 100, length=False)):
        assert (reply.status, reply.json["type"]) == (413, "tag:crosscloud,2026:body-too-large")
        assert reply.headers["connection"] == "close"
    huge = call("POST", "/things", headers={"content-length": "9" * 5000, "content-type": "application/json"})
    assert huge.status == 413


def test_the_longest_body_passes_the_limit(call):
    body = b'{"name": "a", "count": 1}'.ljust(middleware.MAX_BODY)

    assert post(call, body).status == 201
    assert post(call, [body[:9], body[9:]], length=False).status == 201


def test_a_slow_body_is_refused(settings, monkeypatch):
    monkeypatch.setattr(middleware.RequestMiddleware.__init__, "__kwdefaults__", {"max_body": 99, "body_timeout": 0.01})
    with client(application.create(settings, router)) as call:
        reply = post(call, b"{}", pause=0.2)

    assert (reply.status, reply.json["type"]) == (408, "tag:crosscloud,2026:slow-body")
    assert reply.headers["connection"] == "close"


def test_it_is_alive_while_its_database_is_away(call):
    assert call("GET", "/livez").json == {"status": "alive"}
    ready = call("GET", "/readyz")
    assert (ready.status, ready.json["detail"]) == (503, "Not ready: the database does not answer.")
    assert ready.headers["retry-after"] == "1"


def test_its_description_is_served_and_no_page_that_loads_from_elsewhere(call):
    assert "/things/{thing_id}" in call("GET", "/openapi.json").json["paths"]
    assert call("GET", "/docs").status == 404
    assert call("GET", "/redoc").status == 404


@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=100),
        st.builds(lambda a, b: b'{"name":' + a + b, st.binary(max_size=20), st.sampled_from([b"}", b'"}', b""])),
        st.sampled_from([body for body, *_ in BAD.values()]),
    ),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "x-request-id", "traceparent", "tracestate", "accept"]),
        st.text(st.characters(max_codepoint=255), max_size=60),
    ),
    json_declared=st.booleans(),
    path=st.sampled_from(["/things", "/things/%ff", "/things/%00?limit=%ed%a0%80", "/%2e%2e/"]),
)
def test_no_bytes_make_a_failure(call, body, headers, json_declared, path):
    if json_declared:
        headers["content-type"] = "application/json"
    reply = call("POST", path, body=body, headers=headers)

    assert reply.status == 201 or 400 <= reply.status < 500
    assert json.loads(reply.body)


def test_the_end_of_the_certificate_in_use_is_a_metric(settings, authority, tmp_path):
    file = tmp_path / "tls.crt"
    shutil.copy(settings.certificate, file)
    app = application.create(replace(settings, certificate=file), router)
    file.write_text(authority.server("127.0.0.1", lasts=90 * DAY).certificate)

    with client(app) as call:
        assert metrics(call)["tls_certificate_not_after_seconds"] == pytest.approx(time.time() + 86400, abs=600)
