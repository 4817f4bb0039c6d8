"""Objects in a cluster: the stack's own come and go, and nobody else's are touched."""

from __future__ import annotations

from typing import Any

import pytest

from cluster import names
from cluster.provider import package
from local.errors import ProviderError
from local.provider import Handler, Updatable
from tests.unit.cluster.fakes import FakeApi

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps", "labels": {"a": "b"}}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "users", "namespace": "apps"}, "spec": {}}
CILIUM = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {"name": "dns", "namespace": "apps"},
}


def handler(api: FakeApi, manifest: dict[str, Any]) -> Handler:
    group = {"v1": "core/v1"}.get(manifest["apiVersion"], manifest["apiVersion"])
    return package(api).handlers[f"kubernetes:{group}:{manifest['kind']}"]


def test_an_object_is_applied_changed_found_and_deleted() -> None:
    api = FakeApi()
    services = handler(api, SERVICE)
    assert isinstance(services, Updatable)
    made = services.create("users", SERVICE)
    assert made.id == "apps/users"
    assert services.exists(made.id, made.outputs)
    changed = services.update(made.id, SERVICE, {**SERVICE, "spec": {"selector": {"app": "users"}}}, made.outputs)
    assert api.get(SERVICE)["spec"] == {"selector": {"app": "users"}}  # type: ignore[index]
    services.delete(made.id, changed)
    assert not services.exists(made.id, changed)


def test_somebody_elses_object_is_neither_taken_over_nor_deleted() -> None:
    api = FakeApi()
    api.made_by("kubectl", SERVICE)
    services = handler(api, SERVICE)
    with pytest.raises(ProviderError, match="Service apps/users is in the cluster already, and this stack did not"):
        services.create("users", SERVICE)
    services.abandon("users", SERVICE)
    assert api.get(SERVICE)
    assert not services.exists("apps/users", SERVICE)


def test_a_creation_that_was_cut_off_is_taken_up_again() -> None:
    api = FakeApi()
    handler(api, SERVICE).create("users", SERVICE)
    assert handler(api, SERVICE).create("users", SERVICE).id == "apps/users"


def test_the_namespace_of_envoy_gateway_may_be_there_and_loses_only_what_the_stack_has_set() -> None:
    api = FakeApi()
    namespace = {**NAMESPACE, "metadata": {"name": names.ENVOY, "labels": {"a": "b"}}}
    api.made_by("helm", {**namespace, "metadata": {"name": names.ENVOY}})
    namespaces = handler(api, namespace)
    made = namespaces.create(names.ENVOY, namespace)
    namespaces.delete(made.id, made.outputs)
    left = api.get(namespace)
    assert left
    assert "labels" not in left["metadata"]


@pytest.mark.parametrize("name", [names.SERVICES, names.INGRESS])
def test_another_namespace_of_somebody_else_s_pods_is_refused(name: str) -> None:
    api = FakeApi()
    namespace = {**NAMESPACE, "metadata": {"name": name}}
    api.made_by("helm", namespace)
    with pytest.raises(ProviderError, match=f"Namespace {name} is in the cluster already, and this stack did not"):
        handler(api, namespace).create(name, namespace)


def within(namespace: str, api_version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "PersistentVolumeClaim"),
        ("v1", "ServiceAccount"),
        ("networking.k8s.io/v1", "Ingress"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("gateway.networking.k8s.io/v1", "Gateway"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ],
)
def test_a_namespace_of_the_stack_stays_while_it_holds_something_of_others(api_version: str, kind: str) -> None:
    api = FakeApi()
    made = handler(api, NAMESPACE).create("apps", NAMESPACE)
    api.made_by("kubectl", within("apps", api_version, kind, "theirs"))
    handler(api, NAMESPACE).delete(made.id, made.outputs)
    assert "labels" not in api.objects["Namespace", "", "apps"]["metadata"]
    assert api.deleted == []


def test_a_job_that_has_failed_is_made_anew() -> None:
    api = FakeApi()
    spec = {"selector": {"matchLabels": {"app": "migrate"}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "apps"}, "spec": spec}
    api.becomes = {"Job": {"conditions": [{"type": "Failed", "status": "True", "message": "too often"}]}}
    with pytest.raises(ProviderError, match="too often"):
        handler(api, job).create("migrate", job)
    api.becomes = {"Job": {"conditions": [{"type": "Complete", "status": "True"}]}}
    handler(api, job).create("migrate", job)
    assert api.deleted == [("Job", "apps", "migrate")]


def test_a_namespace_of_the_stack_goes_with_what_the_cluster_has_put_into_it() -> None:
    api = FakeApi()
    made = handler(api, NAMESPACE).create("apps", NAMESPACE)
    for kind, name in (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")):
        api.made_by("kube-controller-manager", within("apps", "v1", kind, name))
    handler(api, NAMESPACE).delete(made.id, made.outputs)
    assert api.deleted == [("Namespace", "", "apps")]


@pytest.mark.parametrize(("maker", "goes"), [("envoy-gateway", True), ("helm", True), ("kubectl", False)])
def test_the_namespace_of_envoy_gateway_goes_with_what_that_has_made_and_with_nothing_of_others(
    maker: str, *, goes: bool
) -> None:
    api = FakeApi()
    namespace = {**NAMESPACE, "metadata": {"name": names.ENVOY}}
    made = handler(api, namespace).create(names.ENVOY, namespace)
    api.made_by(maker, within(names.ENVOY, "v1", "Service", "envoy"))
    api.made_by("cloud-provider-kind", within(names.ENVOY, "v1", "Service", "envoy"))
    handler(api, namespace).delete(made.id, made.outputs)
    assert (api.deleted == [("Namespace", "", names.ENVOY)]) is goes


def test_objects_of_cilium_are_left_out_where_there_is_none() -> None:
    without, with_it = FakeApi(kinds={"v1"}), FakeApi()
    for api, applied in ((without, False), (with_it, True)):
        policies = handler(api, CILIUM)
        made = policies.create("dns", CILIUM)
        assert policies.exists(made.id, made.outputs)
        assert (api.get(CILIUM) is not None) is applied
        policies.delete(made.id, made.outputs)
