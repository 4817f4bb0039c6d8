"""The whole system on the disposable cluster, started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.system.record import Record
from tests.support.cluster_stack import KUBECONFIG, ClusterStack

PROOF = "PROOF_FILE"
"""The variable with the file that `make proof` makes the page of; without it results are only asserted."""


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterStack]:
    if KUBECONFIG not in os.environ:
        pytest.skip(f"needs a disposable cluster: {KUBECONFIG}=/path/to/kubeconfig")
    stack = ClusterStack.clone(tmp_path_factory.mktemp("system") / "clone")
    try:
        stack.up()
        stack.open()
        yield stack
        stack.api.close()
    finally:
        done = stack.run("down", "--purge")
        assert done.code == 0, f"{done.out}\n{done.err}"


@pytest.fixture(scope="session")
def record() -> Record:
    """Returns the record of the cases that have run."""
    return Record(Path(os.environ[PROOF]) if PROOF in os.environ else None)
