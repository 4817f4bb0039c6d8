"""The database of a service in a test, and the rows in it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.support.postgres import Server
from tests.support.service import ROOT


def migrated(server: Server, service: str, environment: Mapping[str, str]) -> str:
    """Returns the URL of a new database with the service's migrations, applied as its pod applies them."""
    url = server.new_database()
    subprocess.run(
        [sys.executable, "-m", "app.services.kit.migrate", service],
        cwd=ROOT,
        env={**environment, "DATABASE_URL": url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    return url


@contextlib.contextmanager
def copy(server: Server, url: str) -> Iterator[str]:
    """Yields the URL of a copy of a database to which nobody is connected. It is removed at the end of the block."""
    original, name = urlsplit(url).path[1:], f"t{secrets.token_hex(6)}"
    server.execute(f"create database {name} template {original} owner {original}")
    try:
        yield url.replace(f"/{original}?", f"/{name}?")
    finally:
        server.execute(f"drop database {name} with (force)")


def rows(url: str, statement: str, *arguments: object) -> list[Any]:
    """Returns the rows of a statement, which is executed on a connection of its own."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return asyncio.run(run())
