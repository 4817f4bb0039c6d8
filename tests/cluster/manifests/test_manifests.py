"""The manifests of the program at a real API server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import dynamic
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import NotFoundError

from planning.plan import STAND_INS
from planning.render import render
from tests.support.mesh import with_mesh
from tests.support.program import ROOT, STACKS
from tests.support.waiting import eventually

OWNED = ("apps", "edge")
"""The namespaces that a test makes and removes. The one of the gateway belongs to the cluster."""

OF_OTHERS = ("cilium.io/v2", "networking.istio.io/v1", "security.istio.io/v1")
"""API versions that only a cluster with Cilium and with Istio knows, as those of the stacks are."""
MESHED = "prod with a mesh"

Object = dict[str, Any]


@pytest.fixture(params=[*STACKS, MESHED])
def manifests(request: pytest.FixtureRequest, tmp_path: Path, cluster: dynamic.DynamicClient) -> Iterator[list[Object]]:
    stack = request.param.partition(" ")[0]
    config = {"local": STAND_INS, MESHED: with_mesh(stack)}.get(request.param)
    files = render(ROOT, stack, tmp_path / "out", config=config)
    manifests = [yaml.safe_load(path.read_text()) for path in files]
    unknown = [version for version in OF_OTHERS if not _knows(cluster, version)]
    manifests = [manifest for manifest in manifests if manifest["apiVersion"] not in unknown]
    yield manifests
    for manifest in reversed(manifests):
        if manifest["metadata"].get("namespace") not in OWNED and manifest["kind"] != "Namespace":
            _remove(cluster, manifest)
    namespaces = cluster.resources.get(api_version="v1", kind="Namespace")
    for name in OWNED:
        _ignoring_absence(lambda name=name: namespaces.delete(name=name))
    eventually(
        lambda: not {n.metadata.name for n in namespaces.get().items} & set(OWNED), what="the end of the namespaces"
    )


def apply(cluster: dynamic.DynamicClient, manifest: Object) -> Any:
    resource = cluster.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
    metadata = manifest["metadata"]
    return cluster.server_side_apply(
        resource,
        body=manifest,
        name=metadata["name"],
        namespace=metadata.get("namespace"),
        field_manager="test",
        force_conflicts=True,
        query_params=[("fieldValidation", "Strict")],
    )


def _remove(cluster: dynamic.DynamicClient, manifest: Object) -> None:
    """Removes what is outside of the tests' own namespaces, which nothing else would take away."""
    resource = cluster.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
    metadata = manifest["metadata"]
    _ignoring_absence(lambda: resource.delete(name=metadata["name"], namespace=metadata.get("namespace")))


def _knows(cluster: dynamic.DynamicClient, api_version: str) -> bool:
    return bool(cluster.resources.search(api_version=api_version))


def _ignoring_absence(act: Callable[[], object]) -> None:
    try:
        act()
    except NotFoundError:
        return


def test_the_api_server_takes_every_manifest_strictly(cluster: dynamic.DynamicClient, manifests: list[Object]) -> None:
    for manifest in manifests:
        apply(cluster, manifest)


def test_a_misspelt_field_is_refused(cluster: dynamic.DynamicClient, manifests: list[Object]) -> None:
    """Shows that the validation above is strict."""
    for manifest in manifests:
        if manifest["kind"] in ("Namespace", "ServiceAccount"):
            apply(cluster, manifest)
    deployment = next(m for m in manifests if m["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["automountServiceAccountTokens"] = False
    with pytest.raises(ApiException, match=r"automountServiceAccountTokens"):
        apply(cluster, deployment)


def test_pod_security_admits_the_pods_and_refuses_one_on_the_hosts_network(
    cluster: dynamic.DynamicClient, manifests: list[Object]
) -> None:
    for manifest in manifests:
        apply(cluster, manifest)
    templates = [m["spec"]["template"] for m in manifests if m["kind"] in ("Deployment", "Job")]
    pods = cluster.resources.get(api_version="v1", kind="Pod")
    names = {template["metadata"]["labels"]["app"] for template in templates}
    eventually(
        lambda: names <= {p.metadata.labels.get("app") for p in pods.get(namespace="apps").items}, what="pods of each"
    )
    spec = next(m for m in manifests if m["kind"] == "Deployment")["spec"]["template"]["spec"]
    spec["hostNetwork"] = True
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "outside", "namespace": "apps"}, "spec": spec}
    with pytest.raises(ApiException, match=r"violates PodSecurity .*restricted"):
        apply(cluster, pod)


def test_the_gateway_accepts_routes_and_policies(cluster: dynamic.DynamicClient, manifests: list[Object]) -> None:
    for manifest in manifests:
        apply(cluster, manifest)
    for manifest in manifests:
        if manifest["apiVersion"].startswith("gateway.") and manifest["kind"] not in ("GatewayClass", "EnvoyProxy"):
            eventually(lambda manifest=manifest: accepted(cluster, manifest), what=f"{manifest['kind']} is accepted")


def accepted(cluster: dynamic.DynamicClient, manifest: Object) -> bool:
    """Tells whether a resource has conditions of acceptance or resolution and all of them are true."""
    resource = cluster.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
    metadata = manifest["metadata"]
    status = resource.get(name=metadata["name"], namespace=metadata["namespace"]).to_dict().get("status") or {}
    holders = [status, *status.get("ancestors", []), *status.get("parents", []), *status.get("listeners", [])]
    conditions = [c for holder in holders for c in holder.get("conditions", [])]
    relevant = [c["status"] == "True" for c in conditions if c["type"] in ("Accepted", "ResolvedRefs")]
    return bool(relevant) and all(relevant)
