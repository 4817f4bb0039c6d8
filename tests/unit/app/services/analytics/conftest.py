import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from app.services.analytics import api
from app.services.analytics.reports import Reports
from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.asgi import Client, Reply, client
from tests.support.waiting import PATIENCE


class Waits:
    """A caller who waits for the answer, until `gone` is set."""

    def __init__(self, app: FastAPI, gone: asyncio.Event) -> None:
        self._app = app
        self.state = app.state
        self._gone = gone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def wait() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                await self._gone.wait()
            return message

        await self._app(scope, wait, send)


@pytest.fixture(scope="session")
def migrated(server, environment) -> str:
    return databases.migrated(server, "analytics", environment)


@pytest.fixture
def gone() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def call(url, environment, gone) -> Iterator[Client]:
    settings = environment | {"SERVICE_NAME": "analytics", "DATABASE_URL": url}
    app = api.create(Settings.from_environment(settings))
    with client(app) as made:
        app.state.reports = Reports(time_limit=PATIENCE)  # a busy machine may need longer than the usual limit
        made.app = Waits(app, gone)
        yield made


@pytest.fixture
def begin(call) -> Callable[..., Awaitable[Reply]]:
    """Begins a POST; keywords are headers."""

    def begin(path: str, body: object, **headers: str) -> Awaitable[Reply]:
        given = {"content-type": "application/json"} | {name.replace("_", "-"): headers[name] for name in headers}
        return call.request("POST", path, headers=given, body=json.dumps(body).encode())

    return begin


@pytest.fixture
def post(call, begin) -> Callable[..., Reply]:
    return lambda path, body, **headers: call.loop.run_until_complete(begin(path, body, **headers))


@pytest.fixture
def amounts(rows) -> Callable[..., None]:
    """Puts events into the database, with these amounts, by default in CHF and on a day of 2030."""

    def insert(cents: list[int], *, currency: str = "CHF", type_: str = "sale", at: str = "2030-05-05T12:00Z") -> None:
        rows(
            f"""insert into events (id, type, user_id, occurred_at, amount, currency)
            select gen_random_uuid(), $1, 'ada', '{at}', cents / 100.0, $2 from unnest($3::bigint[]) as cents""",
            type_,
            currency,
            cents,
        )

    return insert


def event(**more: object) -> dict[str, object]:
    return {"id": str(uuid4()), "type": "login", "user_id": "ada", "occurred_at": "2026-11-02T09:30:00Z"} | more
