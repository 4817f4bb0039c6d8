"""A service whose requests all go one way: FastAPI's, or the direct one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

from app.contract.problems import CONFLICT, ProblemError
from app.services.kit import application
from app.services.kit.table import Table


@contextmanager
def by_framework() -> Iterator[None]:
    """Has the applications that are made in the block send all requests FastAPI's way."""
    with mock.patch.object(application, "Table", lambda _, otherwise: otherwise):
        yield


@contextmanager
def directly() -> Iterator[None]:
    """Has the applications that are made in the block fail at each request which would go FastAPI's way."""

    async def fail(*_: object) -> None:
        raise AssertionError("The request went FastAPI's way.")

    with mock.patch.object(application, "Table", lambda routes, _: Table(routes, fail)):
        yield


class EchoDatabase:
    """A database that answers each statement with a problem that tells its arguments."""

    connections = idle_connections = 0

    async def fetchrow(self, *arguments: object) -> Any:
        known = [each for each in arguments if not isinstance(each, UUID)]  # the service makes some of these itself
        raise ProblemError(CONFLICT, repr(known))

    fetch = fetchval = execute = fetchrow

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[EchoDatabase]:
        yield self

    transaction = connection
