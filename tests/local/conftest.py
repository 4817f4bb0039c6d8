from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A clone of the working tree that is up; brought down, with its data, after the last test."""
    stack = Stack.clone(tmp_path_factory.mktemp("stack") / "clone")
    try:
        stack.up()
        yield stack
    finally:
        stack.run("down", "--purge")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Stack]:
    """A clone that nothing has been started in."""
    stack = Stack.clone(tmp_path / "clone")
    yield stack
    stack.run("down", "--purge")


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    return stack.token()
