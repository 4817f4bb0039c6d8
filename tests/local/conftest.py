from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    return stack.token()
