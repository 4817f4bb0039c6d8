from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from local.machine import Machine
from local.setup import open_machine


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a clone, whose keys take a while to make, so that the tests copy it."""
    return open_machine(tmp_path_factory.mktemp("made")).root


@pytest.fixture
def machine(made: Path, tmp_path: Path) -> Machine:
    """A machine whose clone is a folder without sources."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return open_machine(tmp_path, create=False)
