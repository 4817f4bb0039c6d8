"""Envoy Gateway in a cluster: left as it is where others have installed it, else installed from its charts by Helm.

Whose an installation is, the cluster says each time: one that was ended half way has left nothing in the state.
"""

from __future__ import annotations

import time
from abc import abstractmethod

from app.contract.document import read_yaml_documents
from cluster import helm, names
from cluster.api import Api, Object
from cluster.ownership import CONTROLLER, is_ours, is_shared
from local.errors import ProviderError
from local.provider import Made, Properties, Updatable

_GATEWAY = {"api_version": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyProxy"}
_DEFINITION: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "envoyproxies.gateway.envoyproxy.io"},
}
"""The definition of that kind, which Envoy Gateway can't be without."""
_KINDS = 60.0
"""Seconds until the API server must know kinds that were just defined."""


def check(api: Api) -> None:
    """Raises ProviderError when Envoy Gateway has to be installed and nothing can: before anything is made."""
    there = api.knows(**_GATEWAY) and api.select("apps/v1", "Deployment", **CONTROLLER)
    if not there or any(release.cut_off for release in helm.own_releases(api, names.ENVOY)):
        helm.program()


def kept_for_others(api: Api) -> str:
    """Returns the sentence that something which this stack has installed stays, where it does; else an empty text."""
    served = ", ".join(serves_others(api))
    if not served or not (helm.own_releases(api, names.ENVOY) or _has_own_definition(api)):
        return ""
    return (
        f"What this stack has installed of Envoy Gateway stays, because it serves GatewayClasses of others: {served}."
    )


def serves_others(api: Api) -> list[str]:
    """Returns the names of GatewayClasses that the controller serves and that this stack has not made."""
    classes = [each for each in api.select("gateway.networking.k8s.io/v1", "GatewayClass") if not is_ours(each)]
    return sorted(c["metadata"]["name"] for c in classes if c["spec"]["controllerName"] == names.CONTROLLER)


class _Installed(Updatable):
    """The content of a chart."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, inputs: Properties) -> Made:
        release = _release(name, inputs)
        id_ = "/".join(filter(None, [inputs.get("namespace"), release]))
        return Made(id=id_, outputs=self._brought_about(release, inputs, []))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._brought_about(outputs["release"], new, outputs.get("made") or [])

    def delete(self, id_: str, outputs: Properties) -> None:
        self._uninstall(outputs["release"], outputs)

    def abandon(self, name: str, inputs: Properties) -> None:
        self._uninstall(_release(name, inputs), inputs)

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._is_there(outputs)

    def _brought_about(self, release: str, inputs: Properties, made: list[Object]) -> Properties:
        """Installs it, goes on with an installation of this stack, or leaves that of others. Returns the outputs."""
        if self._is_ours(release, inputs) or not self._is_there(inputs):
            made = [*made, *(each for each in self._install(release, inputs) if each not in made)]
        return {**inputs, "release": release, "made": made, "resources": [], "status": {"status": "deployed"}}

    def _uninstall(self, release: str, inputs: Properties) -> None:
        """Removes what this stack has installed of it, unless others need it."""
        if not serves_others(self._api):
            self._remove(release, inputs)

    @abstractmethod
    def _is_there(self, inputs: Properties) -> bool:
        """Returns whether the cluster has it, whoever installed it."""

    @abstractmethod
    def _is_ours(self, release: str, inputs: Properties) -> bool:
        """Returns whether this stack has begun to install it."""

    @abstractmethod
    def _install(self, release: str, inputs: Properties) -> list[Object]:
        """Installs it, or brings it up to date, and returns by kind and name what it has made by itself.

        Raises ProviderError.
        """

    @abstractmethod
    def _remove(self, release: str, inputs: Properties) -> None:
        """Removes what this stack has made of it."""


class Release(_Installed):
    """The controller, as a Helm release."""

    def _is_there(self, inputs: Properties) -> bool:
        controllers = self._api.select("apps/v1", "Deployment", **CONTROLLER)
        elsewhere = sorted({d["metadata"]["namespace"] for d in controllers} - {inputs["namespace"]})
        if elsewhere:
            raise ProviderError(
                f"Envoy Gateway is in the namespace {elsewhere[0]}; it must be in {inputs['namespace']}, where "
                "its policies are. Uninstall it, or use another cluster."
            )
        return bool(controllers)

    def _is_ours(self, release: str, inputs: Properties) -> bool:
        installation = helm.release(self._api, inputs["namespace"], release)
        return installation is not None and installation.ours

    def _install(self, release: str, inputs: Properties) -> list[Object]:
        namespace = inputs["namespace"]
        installation = helm.release(self._api, namespace, release)
        if installation and not installation.ours:
            raise ProviderError(
                f"Helm has a release {release} in the namespace {namespace}, without a controller, and this stack did "
                f"not make it. Remove it (helm uninstall {release} --namespace {namespace}), or use another cluster."
            )
        if installation and installation.cut_off:
            self._remove(release, inputs)
        options = ["--namespace", namespace, "--skip-crds", "--wait", "--timeout", f"{inputs['timeout']}s"]
        chart = ["--version", inputs["version"], "--values", "-", "--labels", f"{helm.LABEL}={helm.VALUE}"]
        helm.run(self._api, "upgrade", "--install", release, inputs["chart"], *chart, *options, values=inputs["values"])
        return []

    def _remove(self, release: str, inputs: Properties) -> None:
        if self._is_ours(release, inputs):
            helm.run(self._api, "uninstall", release, "--namespace", inputs["namespace"], "--wait")


class Definitions(_Installed):
    """The definitions of its kinds, which Helm would install once and never change.

    Some of them, those of the Gateway API, may be there by somebody else: they stay as they are.
    """

    def _is_there(self, inputs: Properties) -> bool:
        return self._api.knows(**_GATEWAY)

    def _is_ours(self, release: str, inputs: Properties) -> bool:
        return _has_own_definition(self._api)

    def _install(self, release: str, inputs: Properties) -> list[Object]:
        made = []
        for manifest in _rendered(self._api, inputs):
            resource = self._api.get(manifest)
            if resource is None or is_ours(resource):
                self._api.apply(manifest)
                made.append(_named(manifest))
        end = time.monotonic() + _KINDS
        while time.monotonic() < end:
            self._api.forget_kinds()
            if self._is_there(inputs):
                return made
            time.sleep(1)
        raise ProviderError(f"The cluster does not know the kinds of {inputs['chart']} after {_KINDS:.0f} s.")

    def _remove(self, release: str, inputs: Properties) -> None:
        """Deletes what is this stack's alone and what nobody else has objects of, which would go with it."""
        made = inputs.get("made")
        for manifest in _rendered(self._api, inputs) if made is None else made:
            resource = self._api.get(manifest)
            if resource is not None and is_ours(resource) and not is_shared(resource) and not self._is_used(resource):
                self._api.delete(manifest, timeout=_KINDS)

    def _is_used(self, resource: Object) -> bool:
        """Returns whether others have objects of the kind that a definition defines."""
        spec = resource.get("spec") or {}
        kinds = [
            (f"{spec['group']}/{v['name']}", spec["names"]["kind"]) for v in spec.get("versions", []) if v["served"]
        ]
        return any(not is_ours(each) for kind in kinds for each in self._api.select(*kind))


def _has_own_definition(api: Api) -> bool:
    """Returns whether this stack has defined the kind that Envoy Gateway can't be without."""
    resource = api.get(_DEFINITION)
    return resource is not None and is_ours(resource)


def _release(name: str, inputs: Properties) -> str:
    """Returns the release's name: the given one, or the resource's own."""
    return str(inputs.get("name") or name)


def _named(manifest: Object) -> Object:
    metadata = {key: manifest["metadata"][key] for key in ("name", "namespace") if key in manifest["metadata"]}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}


def _rendered(api: Api, inputs: Properties) -> list[Properties]:
    """Returns the manifests of a chart."""
    words = ("template", "crds", inputs["chart"], "--version", inputs["version"], "--values", "-")
    return list(read_yaml_documents(helm.run(api, *words, values=inputs["values"])))
