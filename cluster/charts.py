"""Envoy Gateway in a cluster: left as it is where it is there already, else installed from its charts by Helm."""

from __future__ import annotations

import shutil
import subprocess
import time
from abc import abstractmethod

import yaml

from cluster.api import Api
from local.errors import ProviderError
from local.provider import Made, Properties, Updatable

CONTROLLER = {"label_selector": "control-plane=envoy-gateway"}
"""The labels of the controller's Deployment, in whichever namespace."""
_GATEWAY = {"api_version": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyProxy"}
_HELM = 660.0
"""Seconds that Helm may take: the chart's own time and some more."""
_KINDS = 60.0
"""Seconds until the API server must know kinds that were just defined."""


class _Installed(Updatable):
    """The content of a chart. `ours` in its outputs is true if this stack installed it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, inputs: Properties) -> Made:
        release = str(inputs.get("name") or name)
        id_ = "/".join(filter(None, [inputs.get("namespace"), release]))
        if self._is_there(inputs):
            return Made(id=id_, outputs=_outputs(inputs, release, ours=False))
        self._install(release, inputs)
        return Made(id=id_, outputs=_outputs(inputs, release, ours=True))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        if outputs["ours"]:
            self._install(outputs["release"], new)
        return _outputs(new, outputs["release"], ours=outputs["ours"])

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._is_there(outputs)

    def abandon(self, name: str, inputs: Properties) -> None:
        self.delete("", _outputs(inputs, str(inputs.get("name") or name), ours=True))

    @abstractmethod
    def _is_there(self, inputs: Properties) -> bool:
        """Returns whether the cluster has it, whoever installed it."""

    @abstractmethod
    def _install(self, release: str, inputs: Properties) -> None:
        """Installs it, or brings it up to date. Raises ProviderError."""


class Release(_Installed):
    """The controller, as a Helm release."""

    def delete(self, id_: str, outputs: Properties) -> None:
        if outputs["ours"] and self._is_there(outputs):
            self._helm("uninstall", outputs["release"], "--namespace", outputs["namespace"], "--wait")

    def _is_there(self, inputs: Properties) -> bool:
        found = self._api.select("apps/v1", "Deployment", **CONTROLLER)
        elsewhere = sorted({d["metadata"]["namespace"] for d in found} - {inputs["namespace"]})
        if elsewhere:
            raise ProviderError(
                f"Envoy Gateway is in the namespace {elsewhere[0]}; it must be in {inputs['namespace']}, where "
                "its policies are. Uninstall it, or use another cluster."
            )
        return bool(found)

    def _install(self, release: str, inputs: Properties) -> None:
        options = ["--namespace", inputs["namespace"], "--skip-crds", "--wait", "--timeout", f"{inputs['timeout']}s"]
        chart = ["--version", inputs["version"], "--values", "-"]
        self._helm("upgrade", "--install", release, inputs["chart"], *chart, *options, values=inputs["values"])

    def _helm(self, *words: str, values: Properties | None = None) -> None:
        _helm(self._api, *words, values=values)


class Definitions(_Installed):
    """The definitions of its kinds, which Helm would install once and never change."""

    def delete(self, id_: str, outputs: Properties) -> None:
        if outputs["ours"]:
            for manifest in _rendered(self._api, outputs):
                self._api.delete(manifest, timeout=_KINDS)

    def _is_there(self, inputs: Properties) -> bool:
        return self._api.knows(**_GATEWAY)

    def _install(self, release: str, inputs: Properties) -> None:
        for manifest in _rendered(self._api, inputs):
            self._api.apply(manifest)
        end = time.monotonic() + _KINDS
        while time.monotonic() < end:
            self._api.forget_kinds()
            if self._is_there(inputs):
                return
            time.sleep(1)
        raise ProviderError(f"The cluster does not know the kinds of {inputs['chart']} after {_KINDS:.0f} s.")


def _outputs(inputs: Properties, release: str, *, ours: bool) -> Properties:
    return {**inputs, "release": release, "ours": ours, "resources": [], "status": {"status": "deployed"}}


def _rendered(api: Api, inputs: Properties) -> list[Properties]:
    """Returns the manifests of a chart."""
    words = ("template", "crds", inputs["chart"], "--version", inputs["version"], "--values", "-")
    text = _helm(api, *words, values=inputs["values"])
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def _helm(api: Api, *words: str, values: Properties | None = None) -> str:
    """Runs Helm against the cluster and returns what it prints. Raises ProviderError."""
    program = shutil.which("helm")
    if program is None:
        raise ProviderError(
            "Envoy Gateway is not in the cluster, and installing it needs `helm` on PATH "
            "(https://helm.sh/docs/intro/install)."
        )
    where = ("--kubeconfig", api.target.kubeconfig, "--kube-context", api.target.context)
    done = subprocess.run(
        [program, *words, *where],
        input=yaml.safe_dump(values or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=_HELM,
    )
    if done.returncode:
        raise ProviderError(f"helm {' '.join(words[:4])} failed: {done.stderr.strip()}")
    return done.stdout
