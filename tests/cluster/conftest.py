"""A disposable Kubernetes cluster that has the CRDs of Gateway API and Envoy Gateway.

The variable TEST_KUBECONFIG names it. KUBECONFIG is not read, so that no test writes to somebody's current cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from kubernetes import config, dynamic

VARIABLE = "TEST_KUBECONFIG"


@pytest.fixture(scope="session")
def cluster() -> Iterator[dynamic.DynamicClient]:
    if VARIABLE not in os.environ:
        pytest.skip(f"needs a disposable cluster: {VARIABLE}=/path/to/kubeconfig")
    with config.new_client_from_config(os.environ[VARIABLE]) as client:
        yield dynamic.DynamicClient(client)
