"""A disposable Kubernetes cluster that has the CRDs of Gateway API and Envoy Gateway.

The variable TEST_KUBECONFIG names it. KUBECONFIG is not read, so that no test writes to somebody's current cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import config, dynamic
from kubernetes.client import CoreV1Api

from cluster.target import DISPOSABLE
from tests.support.cluster_stack import CONSENT, CONTEXT, KUBECONFIG, NAMESPACES


def namespaces(kubeconfig: str) -> set[str]:
    """Returns the names of the cluster's namespaces."""
    with config.new_client_from_config(kubeconfig, context=os.environ.get(CONTEXT)) as client:
        return {namespace.metadata.name for namespace in CoreV1Api(client).list_namespace().items}


@pytest.fixture(scope="session")
def disposable(request: pytest.FixtureRequest) -> str:
    """Returns the path of the kubeconfig, whose cluster nobody else uses meanwhile."""
    if KUBECONFIG not in os.environ:
        pytest.skip(f"needs a disposable cluster: {KUBECONFIG}=/path/to/kubeconfig")
    if hasattr(request.config, "workerinput"):
        pytest.skip("needs the cluster for itself: run pytest with --numprocesses=0")
    kubeconfig = str(Path(os.environ[KUBECONFIG]).resolve())
    _, current = config.list_kube_config_contexts(kubeconfig)
    context = os.environ.get(CONTEXT) or current["name"]
    if not (context.startswith(DISPOSABLE) or os.environ.get(CONSENT)):
        pytest.fail(f"{context} is not known to be disposable. If it is, say so: {CONSENT}=1.")
    refuse_taken(namespaces(kubeconfig))
    return kubeconfig


def refuse_taken(there: set[str]) -> None:
    """Fails where the cluster has a namespace that the tests make and remove."""
    if taken := NAMESPACES & there:
        pytest.fail(
            f"The cluster must not have these namespaces, in which others may work: {', '.join(sorted(taken))}."
        )


@pytest.fixture(scope="session")
def cluster(disposable: str) -> Iterator[dynamic.DynamicClient]:
    with config.new_client_from_config(disposable, context=os.environ.get(CONTEXT)) as client:
        yield dynamic.DynamicClient(client)
