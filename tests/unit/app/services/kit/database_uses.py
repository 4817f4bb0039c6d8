"""Uses of a database, each on an event loop of its own, and what a caller is told when there is none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit.database import Database
from app.services.kit.settings import DatabaseSettings


def settings(url: str) -> DatabaseSettings:
    return DatabaseSettings.from_environment({"DATABASE_URL": url})


def use(given: str | DatabaseSettings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        database = Database(given if isinstance(given, DatabaseSettings) else settings(given), name="test-1")
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def unavailable(work: Awaitable[Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        await work
    assert caught.value.kind is UNAVAILABLE
    assert caught.value.headers == {"retry-after": "1"}
    assert "127.0.0.1" not in caught.value.detail
