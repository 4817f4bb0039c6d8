from __future__ import annotations

from pathlib import Path

import pytest

from local.machine import Machine
from local.setup import open_machine
from planning.replacements import TABLE, Replacement
from tests.unit.local.fakes import THING


@pytest.fixture(autouse=True)
def _things_can_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of the table of replacements for the type that the engine's tests make up."""
    monkeypatch.setitem(TABLE, THING, Replacement(properties=("size",), source="made up"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A clone of its own, with ports, keys and certificates, and nothing started."""
    return open_machine(tmp_path)
