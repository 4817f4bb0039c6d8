from collections.abc import Iterator

import pytest

from tests.support.ministack import Emulated, ministack
from tests.support.shop import Shop


@pytest.fixture(scope="session")
def emulated(tmp_path_factory) -> Iterator[Emulated]:
    patch = pytest.MonkeyPatch()
    with ministack(tmp_path_factory.mktemp("ministack")) as running:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running
        patch.undo()


@pytest.fixture
def shop(emulated) -> Shop:
    return Shop(emulated)
