from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.contract.problems import UNAVAILABLE
from app.functions.kit.calls import Answer, Call, UpstreamError
from app.services.analytics import reports
from app.services.kit import database
from app.services.kit.logs import JsonFormatter
from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.asgi import Client, client
from tests.support.pki import Authority
from tests.support.postgres import Server, postgres
from tests.support.services import SERVICES
from tests.support.waiting import PATIENCE
from tests.unit.app.services.analytics.conftest import Waits

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "200"))
"""Requests for each target. `HOSTILE_EXAMPLES=10000` takes minutes."""
LONG_RUN = EXAMPLES > 1000
RANDOMS = st.randoms(use_true_random=LONG_RUN)
"""The source of the requests: in the suite Hypothesis knows each choice and can undo it, in a long run only the seed.
"""
MANY = settings(
    max_examples=EXAMPLES,
    derandomize=not LONG_RUN,  # the suite tries the same in each run; a long run tries something new
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


NO_DATABASE = "postgresql://x@127.0.0.1:1/x?sslmode=disable"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture(scope="session")
def services(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """Every service in this process, on a database of its own."""
    folder = tmp_path_factory.mktemp("tls")
    leaf = Authority("servers").server("127.0.0.1")
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)
    files = {"TLS_CERT_FILE": str(folder / "tls.crt"), "TLS_KEY_FILE": str(folder / "tls.key"), "POD_NAME": "pod-1"}
    with contextlib.ExitStack() as stack:
        clients = {}
        with patient():
            for name in SERVICES:
                module = __import__(f"app.services.{name}.api", fromlist=["create"])
                environment = files | {"SERVICE_NAME": name, "DATABASE_URL": NO_DATABASE}
                url = databases.migrated(server, name, environment)
                made = module.create(Settings.from_environment(environment | {"DATABASE_URL": url}))
                clients[name] = stack.enter_context(client(made))
                clients[name].app = Waits(made, asyncio.Event())  # a caller who waits for the answer
        yield clients


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Lets services that start in the block wait so long for their database that a busy machine alone makes no 503."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ACQUIRE_TIMEOUT", "STATEMENT_TIMEOUT", "USE_TIMEOUT"):
            patch.setattr(database, name, PATIENCE)
        patch.setitem(reports.Reports.__init__.__kwdefaults__, "time_limit", PATIENCE)
        yield


class Ingress:
    """The way to the services without a network: what the orchestrator uses of `app.functions.kit.upstream.Ingress`."""

    def __init__(self, services: dict[str, Client]) -> None:
        self._services = services
        self._lock = threading.Lock()

    def send(self, call: Call) -> Answer:
        with self._lock:
            reply = self._services[call.upstream](call.method, call.path, headers=dict(call.headers), body=call.body)
        if reply.status not in call.answers:
            raise UpstreamError(UNAVAILABLE, call, f"answered {reply.status}: {reply.body!r}", status=reply.status)
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)

    def close(self) -> None:
        return


@pytest.fixture
def ingress(services: dict[str, Client]) -> Ingress:
    return Ingress(services)


class _Collect(logging.Handler):
    def __init__(self, written: Callable[[str], Any]) -> None:
        super().__init__(logging.INFO)
        self._written = written
        self.setFormatter(JsonFormatter("service", "pod"))

    def emit(self, record: logging.LogRecord) -> None:
        self._written(self.format(record))


@contextlib.contextmanager
def logged() -> Iterator[list[str]]:
    """Yields the list that the lines of the block are in at its end, those of functions and of services."""
    lines: list[str] = []
    out, handler, before = io.StringIO(), _Collect(lines.append), sys.stdout
    logging.getLogger().addHandler(handler)
    sys.stdout = out
    try:
        yield lines
    finally:
        sys.stdout = before
        logging.getLogger().removeHandler(handler)
        lines += out.getvalue().splitlines(keepends=True)


def assert_bounded(lines: list[str]) -> None:
    """Asserts that each line is one JSON object of at most 16 KiB."""
    for line in lines:
        assert len(line.encode()) <= 16 * 1024, f"{len(line)} characters: {line[:300]}"
        assert isinstance(json.loads(line), dict)
