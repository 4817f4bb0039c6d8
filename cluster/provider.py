"""pulumi-kubernetes on a cluster: manifests are applied as they are, and waited for as `pulumi up` does."""

from __future__ import annotations

from typing import ClassVar

from cluster import charts, names
from cluster.api import Api, Object
from cluster.ownership import is_ours, refuse_others, remove
from cluster.readiness import has_failed, wait_until_ready
from local.kubernetes.fields import known_types
from local.provider import Made, Package, Properties, Recorded, Updatable
from planning.manifests import manifest_of

_LEFT_OUT = ("cilium.io/v2",)
"""APIs of AKS: their objects are kept in the state only where the cluster does not know them."""


class Manifest(Updatable):
    """Any object that is given by its manifest."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, inputs: Properties) -> Made:
        manifest = manifest_of(inputs, name)
        if not self._left_out(manifest) and not _may_be_others(manifest):
            resource = refuse_others(self._api, manifest)
            if resource is not None and has_failed(resource):  # a Job that has failed stays so, and can't be changed
                remove(self._api, manifest)
        metadata = manifest["metadata"]
        id_ = "/".join(filter(None, [metadata.get("namespace"), metadata["name"]]))
        return Made(id=id_, outputs=self._apply(manifest))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        named = {**new, "metadata": {"name": outputs["metadata"]["name"], **(new.get("metadata") or {})}}
        return self._apply(manifest_of(named, ""))

    def delete(self, id_: str, outputs: Properties) -> None:
        remove(self._api, manifest_of(outputs, ""))

    def abandon(self, name: str, inputs: Properties) -> None:
        remove(self._api, manifest_of(inputs, name))

    def exists(self, id_: str, outputs: Properties) -> bool:
        manifest = manifest_of(outputs, "")
        if self._left_out(manifest):
            return True
        resource = self._api.get(manifest)
        return resource is not None and is_ours(resource)

    def _left_out(self, manifest: Object) -> bool:
        return manifest["apiVersion"] in _LEFT_OUT and not self._api.knows(manifest["apiVersion"])

    def _apply(self, manifest: Object) -> Object:
        """Applies an object and returns it with its status when it is ready. Raises ProviderError."""
        if self._left_out(manifest):
            return manifest
        applied = self._api.apply(manifest)
        ready = wait_until_ready(self._api, applied)
        return {**manifest, **({"status": ready["status"]} if "status" in ready else {})}


class Secret(Manifest):
    """A Secret, whose content stays secret in the state and in the program."""

    secret_outputs: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})


def _may_be_others(manifest: Object) -> bool:
    """Returns whether an object may be there before this stack: a namespace with nothing but Envoy Gateway in it.

    Into a namespace of somebody else's pods the stack's policies would cut them off.
    """
    return bool(manifest["kind"] == "Namespace" and manifest["metadata"]["name"] == names.ENVOY)


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
