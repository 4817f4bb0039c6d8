from collections.abc import Iterator

import pytest

from tests.support.ministack import Emulated, ministack


@pytest.fixture(scope="session")
def emulated(tmp_path_factory) -> Iterator[Emulated]:
    patch = pytest.MonkeyPatch()
    with ministack(tmp_path_factory.mktemp("ministack")) as running:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running
        patch.undo()


@pytest.fixture
def shop(emulated):
    """The functions of commerce on an emulator of their own."""
    from tests.support.shop import Shop

    return Shop(emulated)
