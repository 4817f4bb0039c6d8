"""A request that is taken directly gets the answer that FastAPI would give, and leaves the same traces."""

import importlib
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from itertools import product
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Body, Cookie, Depends, FastAPI, Form, Query, Request, Response
from fastapi.exceptions import ResponseValidationError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel

from app.services.kit import application
from app.services.kit.plain import direct
from app.services.kit.routing import JsonRoute, Router
from app.services.kit.settings import Settings
from tests.support import routes
from tests.support.asgi import Client, client
from tests.support.service import ROOT
from tests.support.ways import EchoDatabase, by_framework, directly

JSON = "application/json"
UUID = "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"
SERVICES = sorted(path.parent.name for path in (ROOT / "app/services").glob("*/__main__.py"))
ITEM = {"product_id": "a-1", "quantity": 2, "unit_price": "1.10"}
EVENT = {"id": UUID, "type": "login", "user_id": "123", "occurred_at": "2026-11-02T09:30:00Z", "attributes": {"a": "é"}}
BODIES: dict[str, dict[str, Any]] = {
    "PUT /users/{user_id}": {"name": "n", "role": "r"},
    "PATCH /users/{user_id}": {"name": "n"},
    "POST /invoices": {"user_id": "123", "currency": "CHF", "items": [ITEM, ITEM]},
    "POST /events": {"events": [EVENT]},
    "POST /analytics/reports": {"currency": "CHF", "from": "2026-01-01", "to": "2026-01-31"},
    "POST /analytics/models": {"name": "rebuild-1"},
    "POST /analytics/models/{name}/archived": {"events": [EVENT]},
    "POST /analytics/models/{name}/switch": {"compare_only": True},
    "POST /orders": {"id": UUID, "day": "2026-11-21", "note": "é", "lines": [{"product": "a", "price": "1.10"}]},
    "POST /lines": {"product": "a", "price": "1.10"},
    "PUT /orders/{order_id}": {"id": UUID, "day": "2026-11-21", "labels": {"a": None}},
}
QUERY = "user_id=123&limit=5&from=2026-01-01&to=2026-01-31"


def application_of(name: str, environment: dict[str, str]) -> FastAPI:
    """Returns a service that reaches no database."""
    make = routes.make if name == "routes" else importlib.import_module(f"app.services.{name}.api").create
    app: FastAPI = make(
        Settings.from_environment(environment | {"SERVICE_NAME": name if name in SERVICES else "users"})
    )
    app.state.database = EchoDatabase()
    return app


@pytest.fixture(params=[*SERVICES, "routes"])
def name(request) -> str:
    return str(request.param)


def own(app: Any) -> list[JsonRoute]:
    return [route for route in app.routes if isinstance(route, JsonRoute)]


# ----------------------------------------------------------------------------------- the same, whatever is sent

SEGMENTS = st.one_of(
    st.sampled_from(["123", UUID, UUID.upper(), "a b", "é", "", "..", "x" * 65, "a\n", "-1", "0", "9" * 400]),
    st.text(max_size=6),
).map(lambda text: "".join(f"%{byte:02x}" if not chr(byte).isalnum() else chr(byte) for byte in text.encode()))
NAMES = st.sampled_from(["user_id", "limit", "cursor", "from", "to", "number", "at", "flag", "q[0]", "tags", "other"])
VALUES = st.sampled_from(
    ["123", "5", "0", "", "%00", "é", "2026-01-01", "2026-13-01", "WyJhIl0", "true", "1e3", "%ff", "a+b", "=", ";"]
)
QUERIES = st.one_of(
    st.sampled_from(["", QUERY]),
    st.lists(st.builds("{}={}".format, NAMES, VALUES), max_size=4).map("&".join),
    st.builds("{}&{}={}".format, st.just(QUERY), NAMES, VALUES),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            b"content-type x-request-id traceparent if-match if-none-match idempotency-key x-principal x-reach "
            b"x-text x-number accept cookie content-length".split()
        ),
        st.sampled_from([b"", b"*", b'"1"', b"5", b"key-1", b"any", b"token/a", b"application/json", b"\xff\0"]),
    ),
    max_size=3,
)
TYPES = st.sampled_from(
    ["application/json"] * 6 + ["Application/JSON; charset=utf-8", "application/json;", "text/plain", "", None]
)
ODD = [
    b"", b" ", b"{", b"[]", b"null", b"{}", b'{"name":"a","name":"b"}', b"\xff", b"NaN", b"[" * 5000, b'"\\ud800"',
    b"1" * 5000, b'{"name":"' + b"x" * 70_000 + b'"}', b" " * 65_536, b" " * 65_537,
]  # fmt: skip
SWAPPED = st.sampled_from([None, 0, -1, 1.5, True, "", "a", "é", "2026-01-01", UUID, [], {}, ["a"], {"a": 1}])


@st.composite
def bodies(draw: Any, good: Any) -> bytes:
    """Draws the good body, the same with members that are changed, or bytes of any kind."""
    kind = draw(st.sampled_from(["good", "changed", "changed", "odd", "cut"]))
    if kind == "odd" or good is None:
        return draw(st.sampled_from(ODD))
    value = dict(good)
    if kind == "changed":
        for name in draw(st.lists(st.sampled_from([*value, "other"]), min_size=1, max_size=3)):
            value[name] = draw(SWAPPED)
        for name in draw(st.lists(st.sampled_from([*value]), max_size=1)):
            del value[name]
    raw = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    return raw[: draw(st.integers(0, len(raw)))] if kind == "cut" else raw


@st.composite
def requests(draw: Any, found: list[JsonRoute]) -> tuple[str, str, dict[str, Any]]:
    route = draw(st.sampled_from(found))
    (method,) = route.methods
    body = bodies(BODIES.get(f"{method} {route.path}"))
    path = re.sub(r"{[^}]+}", lambda _: draw(st.just(UUID) | st.just("123") | SEGMENTS), route.path)
    given: dict[str, Any] = {"raw": draw(st.just([]) | HEADERS)}
    media_type = draw(TYPES)
    if route.body_field is not None or draw(st.integers(0, 9)) == 0:
        whole = draw(body)
        at = draw(st.integers(0, len(whole)))
        given["body"] = draw(st.sampled_from([whole, whole, whole, [whole[:at], whole[at:]], [whole, b""]]))
        given["length"] = draw(st.integers(0, 4)) > 0
        given["headers"] = {} if media_type is None else {"content-type": media_type}
    if draw(st.integers(0, 19)) == 0:
        given["principal"] = None
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"]))
        path = draw(st.sampled_from([path, f"{path}/", f"/{path}", path.upper(), f"{path}%0a", "*", ""]))
    return method, f"{path}?{draw(QUERIES)}", given


def good(route: JsonRoute, **options: Any) -> tuple[str, str, dict[str, Any]]:
    """Returns a request that the route takes: its method, its path, and the rest, with `options` in its place."""
    (method,) = route.methods or ()
    body = BODIES.get(f"{method} {route.path}")
    given = {} if body is None else {"body": json.dumps(body).encode(), "headers": {"content-type": JSON}}
    path = re.sub("{[^}]+}", UUID, route.path.replace("{number}", "5"))
    return method, f"{path}?{QUERY}", given | options


RARE: list[Callable[[JsonRoute], tuple[str, str, dict[str, Any]]]] = [
    good,
    lambda route: good(route, raw=[(b"if-match", b'"1"'), (b"if-match", b'"2"')]),
    lambda route: good(route, headers={"content-type": "text/plain"}),
    lambda route: good(route, body=[good(route)[2].get("body", b""), b"x"]),
    lambda route: good(route, body=[b" " * 65_537], length=False),
    lambda route: good(route, body=[b'{"name":', b" " * 65_537], length=False),
]
"""Requests that the strategies hardly ever draw."""


def seen(call: Client, capsys: Any, method: str, path: str, given: dict[str, Any]) -> tuple[Any, ...]:
    """Returns the answer and the log lines of a request, without what differs from one request to the next."""
    reply = call(method, path, **given)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    id_ = reply.headers["x-request-id"]
    for line in lines:
        assert line.pop("request_id") == id_
        for name in ("timestamp", "duration_ms", "trace_id", "span_id"):
            line.pop(name)
    headers = {name: value for name, value in reply.headers.items() if name != "x-request-id"}
    return reply.status, headers, reply.body.replace(id_.encode(), b"id"), lines


def counts(call: Client) -> list[str]:
    text = call("GET", "/metrics").body.decode()
    return [line for line in text.splitlines() if line.startswith("http_request_duration_seconds_count")]


MANY = hypothesis_settings(
    max_examples=200, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, database=None
)


def test_a_request_gets_the_answer_log_line_and_metrics_of_fastapis_way(name, environment, capsys):
    with by_framework():
        second = application_of(name, environment)
    with client(application_of(name, environment)) as call, client(second) as by_fastapi:
        statuses = set()

        def compare_one(*made: Any) -> None:
            answer = seen(call, capsys, *made)
            assert answer == seen(by_fastapi, capsys, *made)
            statuses.add(answer[0])

        @MANY
        @given(requests(own(call.app)))
        def compare(made: tuple[str, str, dict[str, Any]]) -> None:
            compare_one(*made)

        compare()
        for route, case in product(own(call.app), RARE):
            compare_one(*case(route))
        assert counts(call) == counts(by_fastapi)
        assert {401, 404, 405, 413, 415, 422} <= statuses


# ------------------------------------------------------------------------------------------- what is taken directly

BY_FASTAPI = {"GET /query", "GET /files/{path:path}"}
"""Routes of `tests/support/routes.py` with a list of values, and with a parameter of several segments."""


def test_the_good_requests_of_every_route_are_taken_directly(name, environment):
    with directly(), client(application_of(name, environment)) as call:
        for route in own(call.app):
            method, path, given = good(route)
            reply = call(method, path, **given)
            assert (reply.status == 500) == (f"{method} {route.path}" in BY_FASTAPI), (method, route.path, reply)


class Thing(BaseModel):
    name: str


async def yielding() -> AsyncIterator[int]:
    yield 1


def synchronous() -> int:
    return 1


async def needs_a_body(thing: Thing) -> Thing:
    return thing


async def with_yield(value: Annotated[int, Depends(yielding)]) -> Response: ...
def without_async() -> Response: ...  # type: ignore[empty-body]
async def with_synchronous(value: Annotated[int, Depends(synchronous)]) -> Response: ...
async def with_dependency_on_a_body(thing: Annotated[Thing, Depends(needs_a_body)]) -> Response: ...
async def with_cookie(session: Annotated[str, Cookie()] = "") -> Response: ...
async def with_tasks(tasks: BackgroundTasks) -> Response: ...
async def with_response(response: Response) -> Response: ...
async def with_list(q: Annotated[list[str], Query()] = []) -> Response: ...  # noqa: B006 - FastAPI copies it
async def with_model_of_queries(q: Annotated[Thing, Query()]) -> Response: ...
async def with_validated_default(q: Annotated[int, Query(validate_default=True)] = 1) -> Response: ...
async def with_two_bodies(first: Thing, second: Thing) -> Response: ...
async def with_embedded_body(thing: Annotated[Thing, Body(embed=True)]) -> Response: ...
async def with_optional_body(thing: Thing | None = None) -> Response: ...
async def returns_nothing() -> None: ...
async def uncached(value: Annotated[int, Depends(yielding, use_cache=False)]) -> Response: ...


ONLY_FASTAPI = [
    with_yield, without_async, with_synchronous, with_dependency_on_a_body, with_cookie, with_tasks, with_response,
    with_list, with_model_of_queries, with_validated_default, with_two_bodies, with_embedded_body, with_optional_body,
    returns_nothing, uncached,
]  # fmt: skip


@pytest.mark.parametrize("function", ONLY_FASTAPI, ids=lambda function: function.__name__)
def test_a_route_with_something_that_only_fastapi_can_do_has_no_direct_way(function):
    assert direct(JsonRoute("/x", function, methods=["POST"])) is None


@pytest.mark.parametrize(
    "options",
    [
        {"response_model_exclude_none": True}, {"response_model_exclude_unset": True}, {"max_body_size": 10},
        {"response_model_exclude_defaults": True}, {"response_model_include": {"name"}},
        {"response_model_exclude": {"name"}}, {"response_model_by_alias": False}, {"response_class": Response},
    ],
)  # fmt: skip
def test_a_route_with_an_answer_or_a_limit_of_its_own_has_no_direct_way(options):
    assert direct(JsonRoute("/x", needs_a_body, methods=["POST"], response_model=Thing)) is not None
    assert direct(JsonRoute("/x", needs_a_body, methods=["POST"], response_model=Thing, **options)) is None


def test_a_route_with_a_form_is_refused_when_it_is_declared(monkeypatch):
    monkeypatch.setattr("fastapi.dependencies.utils.ensure_multipart_is_installed", lambda: None)

    async def take(name: Annotated[str, Form()]) -> None: ...

    with pytest.raises(TypeError, match=r"^/things: take takes a form\. Services take JSON"):
        Router().post("/things")(take)


def test_of_two_routes_for_one_path_the_first_one_answers_both_ways(settings):
    async def first(name: str = "") -> dict[str, str]:
        return {"by": f"first {name}"}

    async def second(name: str = "") -> dict[str, str]:
        return {"by": f"second {name}"}

    for paths in (("/a/{name}", "/a/b"), ("/a/b", "/a/{name}"), ("/{name}/b", "/a/b"), ("/{name:path}", "/a/b")):
        router = Router()
        for path, function in zip(paths, (first, second), strict=True):
            router.get(path)(function)
        bodies = []
        for way in (nullcontext, by_framework):
            with way(), client(application.create(settings, router)) as call:
                bodies.append([call("GET", path).json.get("by") for path in ("/a/b", "/a/c", "/x/b", "/a/b%0a")])
        assert bodies[0] == bodies[1]


def test_a_dependency_is_called_once_whether_the_request_is_good_or_bad(settings):
    calls = []

    async def noted() -> int:
        calls.append(1)
        return len(calls)

    async def again(value: Annotated[int, Depends(noted)]) -> int:
        return value

    router = Router(dependencies=[Depends(noted)])

    @router.get("/things/{number}")
    async def read(number: int, first: Annotated[int, Depends(noted)], second: Annotated[int, Depends(again)]) -> Thing:
        return Thing(name=f"{number} {first} {second}")

    with directly(), client(application.create(settings, router)) as call:
        assert call("GET", "/things/5").json == {"name": "5 1 1"}
    with client(application.create(settings, router)) as call:
        assert call("GET", "/things/x").status == 422
    assert len(calls) == 2


def test_a_route_can_read_the_body_again_and_wait_for_the_caller_to_go(settings):
    router = Router()

    @router.post("/things")
    async def create(thing: Thing, request: Request) -> dict[str, Any]:
        return {"body": (await request.body()).decode(), "json": await request.json(), "next": await request.receive()}

    answers = []
    for way in (directly, by_framework):
        with way(), client(application.create(settings, router)) as call:
            answers.append(call("POST", "/things", body=b'{"name": "a"}', headers={"content-type": JSON}).json)
    assert answers[0] == answers[1] == {
        "body": '{"name": "a"}', "json": {"name": "a"}, "next": {"type": "http.disconnect"}
    }  # fmt: skip


def test_an_answer_that_breaks_its_model_is_an_error_of_the_service(settings, caplog):
    router = Router()

    @router.get("/things")
    async def read() -> Thing:
        return {"name": 5}  # type: ignore[return-value]

    for way in (directly, by_framework):
        with way(), client(application.create(settings, router)) as call:
            assert call("GET", "/things").status == 500
    first, second = (record.exc_info[1] for record in caplog.records if record.exc_info)
    assert type(first) is type(second) is ResponseValidationError
