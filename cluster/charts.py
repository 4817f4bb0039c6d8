"""Envoy Gateway in a cluster: left as it is where it is there already, else installed from its charts by Helm."""

from __future__ import annotations

import shutil
import subprocess
import time
from abc import abstractmethod

import yaml

from app.contract.document import read_yaml_documents
from cluster.api import Api, Object
from cluster.ownership import is_ours, is_shared
from local.errors import ProviderError
from local.provider import Made, Properties, Updatable

CONTROLLER = {"label_selector": "control-plane=envoy-gateway"}
"""The labels of the controller's Deployment, in whichever namespace."""
_GATEWAY = {"api_version": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyProxy"}
_LABEL = "made-by=crosscloud"
"""The label by which Helm keeps that this stack made a release."""
_HELM = 660.0
"""Seconds that Helm may take: the chart's own time and some more."""
_KINDS = 60.0
"""Seconds until the API server must know kinds that were just defined."""


def check(api: Api) -> None:
    """Raises ProviderError when Envoy Gateway has to be installed and nothing can: before anything is made."""
    if not (api.knows(**_GATEWAY) and api.select("apps/v1", "Deployment", **CONTROLLER)):
        _program()


class _Installed(Updatable):
    """The content of a chart. `ours` in its outputs is true if this stack installed it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, inputs: Properties) -> Made:
        release = str(inputs.get("name") or name)
        id_ = "/".join(filter(None, [inputs.get("namespace"), release]))
        if self._is_there(inputs):
            return Made(id=id_, outputs=_outputs(inputs, release, ours=False))
        return Made(id=id_, outputs=_outputs(inputs, release, ours=True, made=self._install(release, inputs)))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        release = outputs["release"]
        if not outputs["ours"]:
            return _outputs(new, release, ours=False)
        made = [*(outputs.get("made") or []), *self._install(release, new)]
        return _outputs(new, release, ours=True, made=[each for i, each in enumerate(made) if each not in made[:i]])

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._is_there(outputs)

    @abstractmethod
    def _is_there(self, inputs: Properties) -> bool:
        """Returns whether the cluster has it, whoever installed it."""

    @abstractmethod
    def _install(self, release: str, inputs: Properties) -> list[Object]:
        """Installs it, or brings it up to date, and returns by kind and name what it has made by itself.

        Raises ProviderError.
        """


class Release(_Installed):
    """The controller, as a Helm release."""

    def delete(self, id_: str, outputs: Properties) -> None:
        if outputs["ours"] and self._is_there(outputs):
            self._helm("uninstall", outputs["release"], "--namespace", outputs["namespace"], "--wait")

    def abandon(self, name: str, inputs: Properties) -> None:
        """Removes what Helm has of an installation that failed, if it was this stack's: Helm keeps its label."""
        release, namespace = str(inputs.get("name") or name), inputs["namespace"]
        if self._api.select("v1", "Secret", namespace=namespace, label_selector=f"owner=helm,name={release},{_LABEL}"):
            self._helm("uninstall", release, "--namespace", namespace, "--wait")

    def _is_there(self, inputs: Properties) -> bool:
        found = self._api.select("apps/v1", "Deployment", **CONTROLLER)
        elsewhere = sorted({d["metadata"]["namespace"] for d in found} - {inputs["namespace"]})
        if elsewhere:
            raise ProviderError(
                f"Envoy Gateway is in the namespace {elsewhere[0]}; it must be in {inputs['namespace']}, where "
                "its policies are. Uninstall it, or use another cluster."
            )
        return bool(found)

    def _install(self, release: str, inputs: Properties) -> list[Object]:
        options = ["--namespace", inputs["namespace"], "--skip-crds", "--wait", "--timeout", f"{inputs['timeout']}s"]
        chart = ["--version", inputs["version"], "--values", "-", "--labels", _LABEL]
        self._helm("upgrade", "--install", release, inputs["chart"], *chart, *options, values=inputs["values"])
        return []

    def _helm(self, *words: str, values: Properties | None = None) -> None:
        _helm(self._api, *words, values=values)


class Definitions(_Installed):
    """The definitions of its kinds, which Helm would install once and never change.

    Some of them, those of the Gateway API, may be there by somebody else: they stay as they are.
    """

    def delete(self, id_: str, outputs: Properties) -> None:
        if outputs["ours"]:
            made = outputs.get("made")
            self._remove(_rendered(self._api, outputs) if made is None else made)

    def abandon(self, name: str, inputs: Properties) -> None:
        self._remove(_rendered(self._api, inputs))

    def _remove(self, manifests: list[Object]) -> None:
        """Deletes what is this stack's alone and what nobody else has objects of, which would go with it."""
        for manifest in manifests:
            found = self._api.get(manifest)
            if found is not None and is_ours(found) and not is_shared(found) and not self._is_used(found):
                self._api.delete(manifest, timeout=_KINDS)

    def _is_used(self, found: Object) -> bool:
        """Returns whether others have objects of the kind that a definition defines."""
        spec = found.get("spec") or {}
        kinds = [
            (f"{spec['group']}/{v['name']}", spec["names"]["kind"]) for v in spec.get("versions", []) if v["served"]
        ]
        return any(not is_ours(each) for kind in kinds for each in self._api.select(*kind))

    def _is_there(self, inputs: Properties) -> bool:
        return self._api.knows(**_GATEWAY)

    def _install(self, release: str, inputs: Properties) -> list[Object]:
        made = []
        for manifest in _rendered(self._api, inputs):
            found = self._api.get(manifest)
            if found is None or is_ours(found):
                self._api.apply(manifest)
                made.append(_named(manifest))
        end = time.monotonic() + _KINDS
        while time.monotonic() < end:
            self._api.forget_kinds()
            if self._is_there(inputs):
                return made
            time.sleep(1)
        raise ProviderError(f"The cluster does not know the kinds of {inputs['chart']} after {_KINDS:.0f} s.")


def _outputs(inputs: Properties, release: str, *, ours: bool, made: list[Object] | None = None) -> Properties:
    own = {"release": release, "ours": ours, "made": made or [], "resources": [], "status": {"status": "deployed"}}
    return {**inputs, **own}


def _named(manifest: Object) -> Object:
    metadata = {key: manifest["metadata"][key] for key in ("name", "namespace") if key in manifest["metadata"]}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}


def _rendered(api: Api, inputs: Properties) -> list[Properties]:
    """Returns the manifests of a chart."""
    words = ("template", "crds", inputs["chart"], "--version", inputs["version"], "--values", "-")
    return list(read_yaml_documents(_helm(api, *words, values=inputs["values"])))


def _helm(api: Api, *words: str, values: Properties | None = None) -> str:
    """Runs Helm against the cluster and returns what it prints. Raises ProviderError."""
    program = _program()
    where = ("--kubeconfig", api.target.kubeconfig, "--kube-context", api.target.context)
    try:
        done = subprocess.run(
            [program, *words, *where],
            input=yaml.safe_dump(values or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=_HELM,
        )
    except subprocess.TimeoutExpired:
        raise ProviderError(f"helm {' '.join(words[:4])} has not ended within {_HELM:.0f} s.") from None
    if done.returncode:
        raise ProviderError(f"helm {' '.join(words[:4])} failed: {done.stderr.strip()}")
    return done.stdout


def _program() -> str:
    """Returns Helm's path. Raises ProviderError."""
    program = shutil.which("helm")
    if program is None:
        raise ProviderError(
            "Envoy Gateway is not in the cluster, or this stack has installed it, and that needs `helm` on PATH "
            "(https://helm.sh/docs/intro/install)."
        )
    return program
