from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from local import desired
from local.machine import Machine
from local.provider import Package
from local.providers import aws
from local.providers.aws.client import Aws, connect
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Emulator, Program, zipped

HELLO = "def handler(event, context):\n    return 'hello'\n"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Yields one emulator per module, on free ports."""
    one = Emulator(tmp_path_factory.mktemp("machine"))
    one.start()
    yield one
    one.stop(SIGKILL)


@pytest.fixture
def machine(emulator: Emulator) -> Machine:
    return emulator.machine


@pytest.fixture
def api(machine: Machine) -> Aws:
    """Direct calls, to see what is really there."""
    return connect(machine)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A function's code, for cases that need a function."""
    return zipped(tmp_path / "hello.zip", HELLO)


@pytest.fixture
def package(machine: Machine) -> Package:
    return aws.package(machine)


@pytest.fixture
def program(package: Package) -> Iterator[Program]:
    """Yields a program; whatever it makes is gone after the test."""
    one = Program(package)
    yield one
    one.delete()


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Returns the keys and values that the providers waited for: there is no supervisor that could answer."""
    calls: list[tuple[str, Any]] = []
    monkeypatch.setattr(desired, "wait", lambda _, key, value: calls.append((key, value)))
    return calls
