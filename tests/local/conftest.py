from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.providers.aws.client import Aws, connect
from tests.support.customer import Customer
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Starts a stack in a clone of the working tree, and removes it with its data after the last test."""
    stack = Stack.clone(tmp_path_factory.mktemp("stack") / "clone")
    try:
        stack.up()
        yield stack
    finally:
        stack.run("down", "--purge")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Stack]:
    """Returns a clone in which nothing has been started."""
    stack = Stack.clone(tmp_path / "clone")
    yield stack
    stack.run("down", "--purge")


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    return stack.token()


@pytest.fixture(scope="module")
def anna(stack: Stack) -> Customer:
    return Customer(stack, f"anna-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def ben(stack: Stack) -> Customer:
    return Customer(stack, f"ben-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def aws(stack: Stack) -> Aws:
    return connect(stack.machine)
