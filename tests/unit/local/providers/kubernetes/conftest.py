from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.machine import Machine
from local.provider import Package
from local.providers.kubernetes import Job, Manifest, Secret
from tests.unit.local.providers.kubernetes.runs import Memory, Program


@pytest.fixture
def memory(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Memory:
    return Memory(machine, monkeypatch)


@pytest.fixture
def program(tmp_path: Path, memory: Memory) -> Program:
    types: dict[str, Any] = {
        "kubernetes:apps/v1:Deployment": Manifest(memory.machine),
        "kubernetes:batch/v1:Job": Job(memory.machine),
        "kubernetes:core/v1:Secret": Secret(memory.machine),
    }
    return Program(tmp_path, [Package(handlers=types)])
