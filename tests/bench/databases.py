"""A PostgreSQL server with the databases of the services. It runs on the core of the load generator."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench import machine
from tests.bench.pod import Surroundings
from tests.support.postgres import Server, postgres
from tests.support.service import ROOT


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    mine = psutil.Process()
    before = {child.pid for child in mine.children(recursive=True)}
    with postgres(folder) as running:
        started = [child for child in mine.children(recursive=True) if child.pid not in before]
        machine.pin(machine.CLIENT_CORE, *started)
        yield running


def migrated(running: Server, service: str, surroundings: Surroundings) -> str:
    """Returns the URL of a new database of the service, with its schema and seed data."""
    url = running.new_database()
    done = subprocess.run(
        [sys.executable, "-m", "app.services.kit.migrate", service],
        cwd=ROOT,
        env=surroundings.environment(service=service, database=url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The migrations of {service} failed: {done.stdout}{done.stderr}")
    return url
