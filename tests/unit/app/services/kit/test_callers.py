"""The identity of callers, as a service learns it."""

import pytest

from app.services.kit import application
from app.services.kit.callers import ServiceCaller
from app.services.kit.routing import Router
from tests.support.asgi import client

router = Router()


@router.get("/things/{user_id}")
async def read_thing(user_id: str, caller: ServiceCaller) -> str:
    caller.require(user_id)
    return "reached"


@router.get("/all")
async def read_all(caller: ServiceCaller) -> str:
    caller.require_any()
    return "reached"


@router.get("/unmarked")
async def unmarked() -> str:
    return "reached"


@router.get("/me")
async def me(caller: ServiceCaller) -> bool:
    return caller.is_system


@pytest.fixture
def call(settings):
    with client(application.create(settings, router)) as made:
        yield made


@pytest.mark.parametrize(
    ("principal", "reach", "user_id", "status"),
    [
        ("token/alice", "own", "alice", 200),
        ("token/alice", "own", "bob", 403),
        ("token/alice", "any", "bob", 200),
        ("system/fulfilment", "any", "bob", 200),
        ("system/fulfilment", "own", "fulfilment", 403),
        ("token/alice%2Fbob", "own", "bob", 403),
        ("token/alice%40example.com", "own", "alice@example.com", 200),
        ("token/ALICE", "own", "alice", 403),
    ],
)
def test_a_caller_reaches_their_own_or_everybody_s(call, principal, reach, user_id, status):
    assert call("GET", f"/things/{user_id}", principal=principal, reach=reach).status == status


def test_what_is_everybody_s_needs_that_reach(call):
    assert call("GET", "/all", reach="any").status == 200
    refused = call("GET", "/all", reach="own")
    assert (refused.status, refused.json["type"]) == (403, "tag:crosscloud,2026:insufficient-scope")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-principal": "token/alice"},
        {"x-reach": "any"},
        {"x-principal": "", "x-reach": "any"},
        {"x-principal": "alice", "x-reach": "any"},
        {"x-principal": "root/alice", "x-reach": "any"},
        {"x-principal": "token/", "x-reach": "any"},
        {"x-principal": "token/a/b", "x-reach": "any"},
        {"x-principal": "token/a b", "x-reach": "any"},
        {"x-principal": "token/" + "a" * 16385, "x-reach": "any"},
        {"x-principal": "token/alice", "x-reach": ""},
        {"x-principal": "token/alice", "x-reach": "ANY"},
        {"x-principal": "token/alice", "x-reach": "any, own"},
        {"x-subject": "alice"},
    ],
    ids=lambda headers: str(headers)[:60],
)
@pytest.mark.parametrize("path", ["/things/alice", "/all", "/unmarked"])
def test_a_request_that_does_not_say_who_calls_is_refused_on_every_route(call, path, headers):
    reply = call("GET", path, headers=headers, principal=None)
    assert (reply.status, reply.json["type"]) == (401, "tag:crosscloud,2026:unauthenticated")


@pytest.mark.parametrize(
    ("principal", "is_system"), [("system/fulfilment", True), ("token/system%2Ffulfilment", False)]
)
def test_the_system_is_known_by_its_kind(call, principal, is_system):
    assert call("GET", "/me", principal=principal).json is is_system


def test_the_probes_ask_for_no_caller(call):
    assert call("GET", "/livez", principal=None).status == 200
    assert call("GET", "/metrics", principal=None).status == 200
