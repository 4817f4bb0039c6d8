"""The owner of an object, as the cluster itself knows it: from the managers of the object's fields."""

from __future__ import annotations

from cluster import names
from cluster.api import MANAGER, Api, Object, describe
from local.errors import ProviderError

DELETION = 120.0
"""Seconds in which an object must be gone; pods have their own time to end besides."""
_OF_THE_CLUSTER = {"kube-apiserver", "kube-controller-manager"}
"""Managers that set fields of everybody's objects."""
_CONTENT = {
    "v1": ("Pod", "PersistentVolumeClaim", "Service", "Secret", "ConfigMap"),
    "apps/v1": ("Deployment", "StatefulSet", "DaemonSet"),
    "batch/v1": ("Job", "CronJob"),
}
"""Kinds of which somebody would miss an object that goes with its namespace."""
_OF_EACH_NAMESPACE = {"kube-root-ca.crt", "istio-ca-root-cert"}
"""Objects that a cluster puts into each namespace by itself."""


def is_ours(found: Object) -> bool:
    """Returns whether this stack has made an object, or fields of it."""
    return MANAGER in _managers(found)


def is_shared(found: Object) -> bool:
    """Returns whether others have made fields of an object, too, apart from the cluster itself."""
    return is_ours(found) and bool(_managers(found) - {MANAGER} - _OF_THE_CLUSTER)


def refuse_others(api: Api, manifest: Object) -> Object | None:
    """Returns the object as the cluster has it, or None. Raises ProviderError when it is somebody else's."""
    found = api.get(manifest)
    if found is not None and not is_ours(found):
        raise ProviderError(
            f"{describe(manifest)} is in the cluster already, and this stack did not make it. Remove it, or use "
            "another cluster."
        )
    return found


def remove(api: Api, manifest: Object) -> None:
    """Deletes an object if this stack has made it, and returns when it is gone. Raises ProviderError.

    A namespace that others have made, too, or that holds something of theirs, only loses our fields.
    """
    found = api.get(manifest)
    if found is None or not is_ours(found):
        return
    if found["kind"] == "Namespace" and (is_shared(found) or _holds_others(api, found["metadata"]["name"])):
        bare = {key: manifest[key] for key in ("apiVersion", "kind")}
        api.apply({**bare, "metadata": {"name": manifest["metadata"]["name"]}}, marked=False)
        return
    pod = (found.get("spec") or {}).get("template", {}).get("spec", {})
    api.delete(manifest, timeout=DELETION + pod.get("terminationGracePeriodSeconds", 30))


def _holds_others(api: Api, namespace: str) -> bool:
    """Returns whether something of others is in a namespace, apart from what goes with an object of this stack.

    What Envoy Gateway has made for itself is not theirs: it goes with the controller, which is uninstalled before.
    """
    if namespace == names.ENVOY:
        return False
    kinds = [(version, kind) for version, kinds in _CONTENT.items() for kind in kinds]
    left = (each["metadata"] for kind in kinds for each in api.select(*kind, namespace=namespace) if not is_ours(each))
    return any(not each.get("ownerReferences") and each["name"] not in _OF_EACH_NAMESPACE for each in left)


def _managers(found: Object) -> set[str]:
    """Returns who has set fields of an object, apart from its status."""
    fields = found["metadata"].get("managedFields") or []
    return {field["manager"] for field in fields if not field.get("subresource")}
