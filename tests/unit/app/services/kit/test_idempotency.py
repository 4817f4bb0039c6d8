"""A service that makes things, over a real database."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from fastapi import Request, Response
from pydantic import BaseModel

from app.contract.problems import NOT_FOUND, ProblemError
from app.services.kit import application, idempotency
from app.services.kit.idempotency import once
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from tests.support.asgi import Client, Reply, client

TABLES = (
    (Path(idempotency.__file__).parent / "idempotency_keys.sql").read_text(),
    "create table things (id serial primary key, name text not null)",
)
router = Router()


class Draft(BaseModel):
    name: str


async def create(request: Request, operation: str, draft: Draft) -> Response:
    async with request.app.state.database.transaction() as connection:

        async def effect() -> Response:
            id_ = await connection.fetchval("insert into things (name) values ($1) returning id", draft.name)
            if draft.name == "refused":
                raise ProblemError(NOT_FOUND, "There is nothing that it belongs to.")
            if draft.name == "slow":
                await request.app.state.pause()
            body = json.dumps({"id": id_, "name": draft.name})
            return Response(body, 201, {"location": f"/things/{id_}", "etag": '"1"'}, "application/json")

        return await once(
            request, connection, operation=operation, fingerprint=draft.model_dump_json().encode(), effect=effect
        )


@router.post("/things")
async def create_thing(draft: Draft, request: Request) -> Response:
    return await create(request, "createThing", draft)


@router.post("/others")
async def create_other(draft: Draft, request: Request) -> Response:
    return await create(request, "createOther", draft)


@pytest.fixture
def url(server) -> str:
    made: str = server.new_database()
    server.execute(*TABLES, url=made)
    return made


@pytest.fixture
def call(url, environment):
    with client(application.create(Settings.from_environment(environment | {"DATABASE_URL": url}), router)) as made:
        yield made


def request(
    name: str = "a", key: str | None = "key-1", subject: str | None = "alice", path: str = "/things"
) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    headers |= {"idempotency-key": key} if key is not None else {}
    headers |= {"x-principal": f"token/{subject}"} if subject is not None else {}
    return {"method": "POST", "path": path, "body": json.dumps({"name": name}).encode(), "headers": headers}


def post(call: Client, *args: Any, **options: Any) -> Reply:
    return call(**request(*args, **options))


def together(call: Client, *requests: dict[str, Any]) -> list[Reply]:
    async def run() -> list[Reply]:
        return await asyncio.gather(*(call.request(**each) for each in requests))

    return call.loop.run_until_complete(run())


def answer(reply: Reply) -> tuple[int, bytes, dict[str, str]]:
    return reply.status, reply.body, {name: value for name, value in reply.headers.items() if name != "x-request-id"}


def count(call: Client, table: str = "things") -> int:
    async def run() -> int:
        return (await call.app.state.database.fetchrow(f"select count(*) from {table}"))[0]

    return call.loop.run_until_complete(run())


def execute(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def age(url: str, hours: float) -> None:
    execute(url, f"update idempotency_keys set created_at = created_at - interval '{hours} hours'")


def test_without_a_key_every_call_creates(call):
    assert [post(call, key=None).json["id"] for _ in range(2)] == [1, 2]
    assert count(call, "idempotency_keys") == 0


def test_a_second_call_gets_the_first_ones_answer(call):
    first, second = post(call), post(call)

    assert first.status == 201
    assert first.headers["location"] == "/things/1"
    assert first.headers["etag"] == '"1"'
    assert answer(first) == answer(second)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert count(call) == 1


def test_concurrent_calls_with_one_key_create_once(call):
    replies = together(call, *[request()] * 8)

    assert {reply.status for reply in replies} == {201}
    assert all(answer(reply) == answer(replies[0]) for reply in replies)
    assert count(call) == 1


def test_another_request_with_the_key_is_refused_and_does_nothing(call):
    post(call)
    reply = post(call, name="b")

    assert (reply.status, reply.json["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert count(call) == 1


def test_of_concurrent_requests_with_one_key_one_kind_is_done(call):
    replies = together(call, *[request("a"), request("b")] * 4)
    done = [reply for reply in replies if reply.status == 201]

    assert len(done) == 4
    assert len({reply.body for reply in done}) == 1
    assert {reply.status for reply in replies} == {201, 422}
    assert count(call) == 1


def test_keys_of_other_callers_and_operations_are_others(call):
    for options in ({}, {"subject": "bob"}, {"subject": None}, {"path": "/others"}, {"key": "key-2"}):
        assert post(call, **options).status == 201
    # Parts must not run into each other.
    assert post(call, subject="alice", key="x").status == 201
    assert post(call, subject="alic", key="ex").status == 201
    assert count(call) == 7


def test_an_effect_that_is_refused_leaves_its_key_free(call):
    assert post(call, name="refused").status == 404
    assert (count(call), count(call, "idempotency_keys")) == (0, 0)
    assert post(call, name="a").status == 201


def test_after_a_crash_in_between_the_next_call_completes(call, url):
    async def killed() -> None:
        async with call.app.state.database.connection() as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle in tr%'"
            )

    call.app.state.pause = killed
    first = post(call, name="slow")

    assert (first.status, first.headers["retry-after"]) == (503, "1")
    assert (count(call), count(call, "idempotency_keys")) == (0, 0)
    call.app.state.pause = lambda: asyncio.sleep(0)
    assert [post(call, name="slow").status for _ in range(2)] == [201, 201]
    assert count(call) == 1


def test_a_call_that_waits_for_one_that_fails_does_the_work(call):
    async def run() -> list[Reply]:
        inside, go = asyncio.Event(), asyncio.Event()

        async def pause() -> None:
            if not inside.is_set():
                inside.set()
                await go.wait()
                raise ProblemError(NOT_FOUND, "The first one fails.")

        call.app.state.pause = pause
        first = asyncio.create_task(call.request(**request("slow")))
        await inside.wait()
        second = asyncio.create_task(call.request(**request("slow")))
        await _blocked(call)
        go.set()
        return [await first, await second]

    first, second = call.loop.run_until_complete(run())
    assert (first.status, second.status) == (404, 201)
    assert count(call) == 1


async def _blocked(call: Client) -> None:
    """Waits until a session waits for another's transaction."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    while (await call.app.state.database.fetchrow(waiting))[0] == 0:  # noqa: ASYNC110 - the server has no event
        await asyncio.sleep(0.01)


def test_a_key_lives_for_a_day(call, url):
    post(call)
    age(url, 23.9)
    assert post(call).json["id"] == 1
    age(url, 0.2)
    assert post(call, name="b").json == {"id": 2, "name": "b"}
    assert post(call, name="b").json["id"] == 2
    assert count(call, "idempotency_keys") == 1


def test_concurrent_calls_take_an_expired_key_over_once(call, url):
    post(call)
    age(url, 25)
    replies = together(call, *[request("b")] * 8)

    assert {reply.body for reply in replies} == {b'{"id": 2, "name": "b"}'}
    assert count(call) == 2


def test_expired_keys_are_removed_a_few_at_a_time(call, url, monkeypatch):
    monkeypatch.setattr(idempotency, "EXPIRED_AT_ONCE", 3)
    for number in range(8):
        post(call, key=f"old-{number}")
    age(url, 25)
    left = []
    for number in range(4):
        post(call, key=f"new-{number}")
        left.append(count(call, "idempotency_keys"))

    assert left == [8 + 1 - 3, 6 + 1 - 3, 4 + 1 - 2, 4]


def test_expired_keys_that_are_taken_over_and_removed_at_once_do_not_block_each_other(call, url):
    keys = [f"key-{number}" for number in range(10)]
    for key in keys:
        post(call, key=key)
    age(url, 25)
    replies = together(call, *[request("b", key) for key in keys])

    assert {reply.status for reply in replies} == {201}
    assert count(call) == 20


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "a b", "a\0", "\xff", "ä", '"quoted"'])
def test_a_malformed_key_is_named(call, key):
    reply = post(call, key=key)

    assert (reply.status, reply.json["errors"][0]["parameter"]) == (422, "Idempotency-Key")
    assert count(call) == 0


@pytest.mark.parametrize("subject", ["a", "%00", "%C3%BF", "x" * 5000])
def test_a_caller_of_any_name_may_use_keys(call, subject):
    assert [post(call, subject=subject).json["id"] for _ in range(2)] == [1, 1]


def test_neither_callers_nor_keys_are_stored_in_clear(call, url):
    post(call, key="SENSITIVE-KEY", subject="SENSITIVE-SUBJECT")

    async def rows() -> list[Any]:
        async with call.app.state.database.connection() as connection:
            return await connection.fetch("select * from idempotency_keys")

    assert "SENSITIVE" not in str(call.loop.run_until_complete(rows()))
