"""The owner of an object, as the cluster itself knows it: from the managers of the object's fields."""

from __future__ import annotations

from cluster import names
from cluster.api import MANAGER, Api, Object, describe
from local.errors import ProviderError

DELETION = 120.0
"""Seconds in which an object must be gone; pods have their own time to end besides."""
_OF_THE_CLUSTER = {"kube-apiserver", "kube-controller-manager"}
"""Managers that set fields of everybody's objects."""
CONTROLLER = {"label_selector": "control-plane=envoy-gateway"}
"""The labels of the Deployment of Envoy Gateway's controller, in whichever namespace."""
_OF_ENVOY_GATEWAY = {"envoy-gateway", "helm"}
"""Managers of what Envoy Gateway has in its namespace: the controller's own, and that of its chart."""
_CONTENT = {
    "v1": ("Pod", "PersistentVolumeClaim", "Service", "Secret", "ConfigMap", "ServiceAccount"),
    "apps/v1": ("Deployment", "StatefulSet", "DaemonSet"),
    "batch/v1": ("Job", "CronJob"),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "rbac.authorization.k8s.io/v1": ("Role", "RoleBinding"),
    "gateway.networking.k8s.io/v1": ("Gateway", "HTTPRoute"),
}
"""Kinds of which somebody would miss an object that goes with its namespace."""
_OF_EACH_NAMESPACE = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ServiceAccount", "default"),
}
"""Objects that a cluster puts into each namespace by itself."""


def is_ours(resource: Object) -> bool:
    """Returns whether this stack has made an object, or fields of it."""
    return MANAGER in _managers(resource)


def is_shared(resource: Object) -> bool:
    """Returns whether others have made fields of an object, too, apart from the cluster itself."""
    return is_ours(resource) and bool(_managers(resource) - {MANAGER} - _OF_THE_CLUSTER)


def refuse_others(api: Api, manifest: Object) -> Object | None:
    """Returns the object as the cluster has it, or None. Raises ProviderError when it is somebody else's."""
    resource = api.get(manifest)
    if resource is not None and not is_ours(resource):
        raise ProviderError(
            f"{describe(manifest)} is in the cluster already, and this stack did not make it. Remove it, or use "
            "another cluster."
        )
    return resource


def remove(api: Api, manifest: Object) -> None:
    """Deletes an object if this stack has made it, and returns when it is gone. Raises ProviderError.

    A namespace that others have made, too, or that holds something of theirs, only loses our fields.
    """
    resource = api.get(manifest)
    if resource is None or not is_ours(resource):
        return
    if resource["kind"] == "Namespace" and (is_shared(resource) or _holds_others(api, resource["metadata"]["name"])):
        bare = {key: manifest[key] for key in ("apiVersion", "kind")}
        api.apply({**bare, "metadata": {"name": manifest["metadata"]["name"]}}, marked=False)
        return
    pod = (resource.get("spec") or {}).get("template", {}).get("spec", {})
    api.delete(manifest, timeout=DELETION + pod.get("terminationGracePeriodSeconds", 30))


def _holds_others(api: Api, namespace: str) -> bool:
    """Returns whether something of others is in a namespace, apart from what goes with an object of this stack.

    What Envoy Gateway has made for itself is not theirs, unless its controller is still there and needs it.
    """
    if namespace == names.ENVOY and api.select("apps/v1", "Deployment", namespace=namespace, **CONTROLLER):
        return True
    makers = {MANAGER, *(_OF_ENVOY_GATEWAY if namespace == names.ENVOY else ())}
    kinds = [(version, kind) for version, kinds in _CONTENT.items() for kind in kinds]
    return any(
        not _managers(each) & makers
        and not each["metadata"].get("ownerReferences")
        and (kind, each["metadata"]["name"]) not in _OF_EACH_NAMESPACE
        for version, kind in kinds
        for each in api.select(version, kind, namespace=namespace)
    )


def _managers(resource: Object) -> set[str]:
    """Returns who has set fields of an object, apart from its status."""
    fields = resource["metadata"].get("managedFields") or []
    return {field["manager"] for field in fields if not field.get("subresource")}
