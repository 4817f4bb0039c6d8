"""A PostgreSQL server with the databases of the services. It runs on the core of the load generator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench import machine
from tests.bench.pod import Surroundings
from tests.support.databases import migrate
from tests.support.postgres import Server, postgres


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    mine = psutil.Process()
    before = {child.pid for child in mine.children(recursive=True)}
    with postgres(folder) as running:
        started = [child for child in mine.children(recursive=True) if child.pid not in before]
        machine.pin(machine.CLIENT_CORE, *started)
        yield running


def migrated(running: Server, service: str, surroundings: Surroundings) -> str:
    """Returns the service's URL of a new database, with its schema and seed data."""
    urls = running.new_service()
    done = migrate(urls, service, surroundings.environment(service=service))
    if done.returncode:
        raise RuntimeError(f"The migrations of {service} failed: {done.stdout}{done.stderr}")
    return urls.service
