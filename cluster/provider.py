"""pulumi-kubernetes on a cluster: manifests are applied as they are, and waited for as `pulumi up` does."""

from __future__ import annotations

from typing import ClassVar

from cluster import charts
from cluster.api import MANAGER, Api, Object, describe
from cluster.readiness import wait_until_ready
from local.errors import ProviderError
from local.kubernetes.fields import known_types
from local.provider import Made, Package, Properties, Recorded, Updatable
from planning.manifests import manifest_of

DELETION = 120.0
"""Seconds in which an object must be gone; pods have their own time to end besides."""
_LEFT_OUT = ("cilium.io/v2",)
"""APIs of AKS: their objects are kept in the state only where the cluster does not know them."""


class Manifest(Updatable):
    """Any object that is given by its manifest."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, inputs: Properties) -> Made:
        manifest = manifest_of(inputs, name)
        found = None if self._left_out(manifest) else self._api.get(manifest)
        if found is not None and not _is_ours(found) and manifest["kind"] != "Namespace":
            raise ProviderError(
                f"{describe(manifest)} is in the cluster already, and this stack did not make it. Remove it, or use "
                "another cluster."
            )
        metadata = manifest["metadata"]
        id_ = "/".join(filter(None, [metadata.get("namespace"), metadata["name"]]))
        return Made(id=id_, outputs=self._apply(manifest))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        named = {**new, "metadata": {"name": outputs["metadata"]["name"], **(new.get("metadata") or {})}}
        return self._apply(manifest_of(named, ""))

    def delete(self, id_: str, outputs: Properties) -> None:
        self._remove(manifest_of(outputs, ""))

    def abandon(self, name: str, inputs: Properties) -> None:
        self._remove(manifest_of(inputs, name))

    def exists(self, id_: str, outputs: Properties) -> bool:
        manifest = manifest_of(outputs, "")
        return self._left_out(manifest) or self._api.get(manifest) is not None

    def _left_out(self, manifest: Object) -> bool:
        return manifest["apiVersion"] in _LEFT_OUT and not self._api.knows(manifest["apiVersion"])

    def _apply(self, manifest: Object) -> Object:
        """Applies an object and returns it with its status when it is ready. Raises ProviderError."""
        if self._left_out(manifest):
            return manifest
        applied = self._api.apply(manifest)
        ready = wait_until_ready(self._api, applied)
        return {**manifest, **({"status": ready["status"]} if "status" in ready else {})}

    def _remove(self, manifest: Object) -> None:
        """Deletes an object that this stack has made; a namespace that others have made, too, only loses our fields."""
        found = self._api.get(manifest)
        if found is None:
            return
        if _is_ours(found) and not _is_shared(found):
            pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
            self._api.delete(manifest, timeout=DELETION + pod.get("terminationGracePeriodSeconds", 30))
        elif _is_ours(found):
            bare = {key: manifest[key] for key in ("apiVersion", "kind")}
            self._api.apply({**bare, "metadata": {"name": manifest["metadata"]["name"]}})


class Secret(Manifest):
    """A Secret, whose content stays secret in the state and in the program."""

    secret_outputs: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})


def _managers(found: Object) -> set[str]:
    """Returns who has set fields of an object, apart from its status."""
    fields = found["metadata"].get("managedFields") or []
    return {field["manager"] for field in fields if not field.get("subresource")}


def _is_ours(found: Object) -> bool:
    return MANAGER in _managers(found)


def _is_shared(found: Object) -> bool:
    """Returns whether a namespace was there before this stack."""
    return found["kind"] == "Namespace" and bool(_managers(found) - {MANAGER, "kube-controller-manager"})


def package(api: Api) -> Package:
    """Returns the package of a cluster."""
    return Package(
        handlers={
            **{f"kubernetes:{type_}": Manifest(api) for type_ in known_types()},
            "kubernetes:core/v1:Secret": Secret(api),
            "kubernetes:helm.sh/v3:Release": charts.Release(api),
            "kubernetes:helm.sh/v4:Chart": charts.Definitions(api),
            # The cluster is the chosen one, whatever the kubeconfig of the program says.
            "pulumi:providers:kubernetes": Recorded(lambda name, _: Made(id=name)),
        }
    )
