from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from console.app import application
from console.context import Context
from console.emulator import AwayError, Emulator
from console.place import open_place
from console.runtime import Watch
from console.store import Store
from console.tail import Tail
from local.machine import Ports, write_json
from tests.unit.console.client import Client

RECORDED = Path(__file__).with_name("recorded")
"""Log files of a real run: requests of several kinds, an order, and an order that billing kept waiting."""


class PlayedEmulator(Emulator):
    """An emulator that answers what a test says; without that it is away."""

    def __init__(self) -> None:
        self.queues: dict[str, list[dict[str, Any]]] | None = None
        self.entries: list[dict[str, Any]] | None = None

    def messages(self) -> dict[str, list[dict[str, Any]]]:
        return self._given(self.queues)

    def functions(self) -> list[dict[str, Any]]:
        raise AwayError

    def consumers(self) -> list[dict[str, Any]]:
        raise AwayError

    def order(self, order_id: str, *, table: str) -> list[dict[str, Any]]:
        return self._given(self.entries)

    def _given(self, value: Any) -> Any:
        if value is None:
            raise AwayError
        return value


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Returns the folder of a clone whose stack is down, with the recorded log files."""
    home = tmp_path / "clone" / ".local"
    (home / "run").mkdir(parents=True)
    shutil.copytree(RECORDED, home / "logs")
    ports = Ports(endpoint=28443, ingress=28444, issuer=28445, emulator=28446, postgres=28447)
    write_json(home / "ports.json", asdict(ports))
    return home.parent


@pytest.fixture
def emulator() -> PlayedEmulator:
    return PlayedEmulator()


@pytest.fixture
def context(root: Path, emulator: PlayedEmulator) -> Iterator[Context]:
    place = open_place(root)
    store = Store(place.store)
    tail = Tail(place.machine.logs, store)
    for _ in tail.read():
        continue
    made = Context(place=place, store=store, tail=tail, watch=Watch(place.machine), emulator=emulator, reading=False)
    yield made
    store.close()


@pytest.fixture
def app(context: Context) -> Starlette:
    return application(context)


@pytest.fixture
def client(app: Starlette, context: Context) -> Client:
    """Returns a browser that has signed in."""
    return Client(app, context.place).signed_in()


@pytest.fixture
def stranger(app: Starlette, context: Context) -> Client:
    """Returns a browser that has not."""
    return Client(app, context.place)


@pytest.fixture
def write(root: Path) -> Callable[[str, str], None]:
    """Returns a function that adds text to a log file."""

    def added(name: str, text: str) -> None:
        with (root / ".local" / "logs" / name).open("a") as file:
            file.write(text)

    return added
