from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.machine import Machine
from local.supervisor import client
from tests.unit.local.kubernetes.cluster import Cluster, clone


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return clone(tmp_path)


@pytest.fixture
def cluster(machine: Machine) -> Iterator[Cluster]:
    """Objects of a service; whatever a test starts of it is stopped."""
    yield Cluster(machine)
    client.stop(machine)
