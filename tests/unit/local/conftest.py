from __future__ import annotations

from pathlib import Path

import pytest

from local.machine import Machine
from local.setup import open_machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A clone of its own, with ports, keys and certificates, and nothing started."""
    return open_machine(tmp_path)
