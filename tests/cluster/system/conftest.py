"""The whole system on the disposable cluster, started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import namespaces
from tests.cluster.system.record import Record, measured_commit
from tests.support.cluster_stack import NAMESPACES, ClusterStack, change

PROOF = "PROOF_FILE"
"""The variable with the file that `make proof` makes the page of; without it results are only asserted."""


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, disposable: str, record: Record) -> Iterator[ClusterStack]:
    stack = ClusterStack.clone(tmp_path_factory.mktemp("system") / "clone")
    change(stack, "components/kubernetes/scaling.py", "progress_deadline_seconds=300", "progress_deadline_seconds=60")
    try:
        stack.up()
        stack.open()
        record.describe(described(stack))
        yield stack
        stack.api.close()
    finally:
        done = stack.run("down", "--purge")
        assert done.code == 0, f"{done.out}\n{done.err}"
        assert not NAMESPACES & namespaces(disposable)


def described(stack: ClusterStack) -> str:
    """Returns the versions of what the system runs on."""
    nodes = stack.api.select("v1", "Node")
    (controller, *_) = stack.api.select("apps/v1", "Deployment", label_selector="control-plane=envoy-gateway")
    image = controller["spec"]["template"]["spec"]["containers"][0]["image"]
    info = nodes[0]["status"]["nodeInfo"]
    count = f"{len(nodes)} node{'s' * (len(nodes) != 1)}"
    return f"Kubernetes {info['kubeletVersion']}, {info['containerRuntimeVersion']}, {image.split('/')[-1]}, {count}"


@pytest.fixture(scope="session")
def record() -> Record:
    """Returns the record of the cases that have run. The commit is that of the beginning, when the clone is made."""
    measured_commit()
    return Record(Path(os.environ[PROOF]) if PROOF in os.environ else None)
