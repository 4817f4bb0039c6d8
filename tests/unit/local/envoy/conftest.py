from __future__ import annotations

from pathlib import Path

import pytest

from local.machine import Machine
from tests.unit.local.kubernetes.cluster import Cluster, clone


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """Objects of a service; nothing is started."""
    return Cluster(clone(tmp_path))


@pytest.fixture
def machine(cluster: Cluster) -> Machine:
    return cluster.machine
