from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.support.contract import CONTRACT, document, operations
from tests.support.stack import Stack

PLENTY = {"rate": 5000, "burst": 5000}
"""Requests per second that no test here reaches. The contract's own throttles are tested in tests/local."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Starts a stack of its own, with the contract as it is except for the throttles.

    The stack of tests/local would take two updates of its throttles and would hold the orders of these tests.
    """
    stack = Stack.clone(tmp_path_factory.mktemp("contract") / "clone")
    contract = document()
    for operation in operations(contract).values():
        operation["x-throttle"] = PLENTY
    (stack.root / CONTRACT).write_text(yaml.safe_dump(contract, sort_keys=False))
    settings = stack.root / "Pulumi.local.yaml"
    configured = yaml.safe_load(settings.read_text())
    configured["config"]["crosscloud:api"]["throttle"] = PLENTY
    settings.write_text(yaml.safe_dump(configured, sort_keys=False))
    try:
        stack.up()
        yield stack
    finally:
        stack.run("down", "--purge")
