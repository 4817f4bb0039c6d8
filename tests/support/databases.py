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

from tests.support.postgres import Server, Urls
from tests.support.service import ROOT


def migrate(urls: Urls, service: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Makes the database and applies the service's migrations, as its Job does."""
    return subprocess.run(
        [sys.executable, "-m", "app.services.kit.migrate", service],
        cwd=ROOT,
        env={
            **environment,
            "SERVICE_NAME": service,
            "DATABASE_URL": urls.migrations,
            "SERVICE_DATABASE_URL": urls.service,
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def migrated(server: Server, service: str, environment: Mapping[str, str]) -> str:
    """Returns the service's URL of a new database with its migrations."""
    urls = server.new_service()
    done = migrate(urls, service, environment)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return urls.service


@contextlib.contextmanager
def copy(server: Server, url: str) -> Iterator[str]:
    """Yields the URL of a copy of a migrated database to which nobody is connected, with the same role. It is removed
    at the end of the block."""
    original, name = urlsplit(url).path[1:], f"t{secrets.token_hex(6)}"
    server.execute(f"create database {name} template {original} owner {original}_migrations")
    try:
        yield url.replace(f"/{original}?", f"/{name}?")
    finally:
        server.execute(f"drop database {name} with (force)")


def owner_url(url: str) -> str:
    """Returns the URL of the same database with the role that owns it, for what a service may not do."""
    parts = urlsplit(url)
    owner = f"{parts.username}_migrations"
    return parts._replace(netloc=f"{owner}:{owner}@{parts.hostname}:{parts.port}").geturl()


def rows(url: str, statement: str, *arguments: object) -> list[Any]:
    """Returns the rows of a statement, which is executed on a connection of its own."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return asyncio.run(run())
