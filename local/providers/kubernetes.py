"""pulumi-kubernetes on this machine: manifests become objects that the supervisor brings about.

Pods are processes and the ingress is a real Envoy. A Job runs to its end when it is made. ServiceAccounts, network
policies, PodDisruptionBudgets and EnvoyProxies are recorded and not enforced: there is no API server, no network of
pods and no eviction here. Envoy Gateway's charts install what this machine has already; others are refused.
"""

from __future__ import annotations

from typing import ClassVar

from local import desired
from local.desired import Object
from local.errors import ProviderError
from local.kubernetes import job as jobs
from local.kubernetes.fields import known_types
from local.kubernetes.manifests import key_of_manifest
from local.machine import Machine
from local.provider import Made, Package, Properties, Recorded, Updatable
from planning.manifests import manifest_of, status_of

CHARTS = {"gateway-helm", "gateway-crds-helm"}
"""Charts for whose content this machine stands."""
_AWAITED = {"Deployment", "Gateway", "HorizontalPodAutoscaler"}
"""Kinds whose creation ends when they are ready; of others it ends when they are accepted, as on a cluster."""
_TIMEOUT = 60.0
"""Seconds until an object is ready or gone. A Deployment and its pods have their own times besides."""


class Manifest(Updatable):
    """Any object that is given by its manifest, and made real by the supervisor of this clone."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def create(self, name: str, inputs: Properties) -> Made:
        outputs = self.apply(manifest_of(inputs, name))
        metadata = outputs["metadata"]
        return Made(id="/".join(filter(None, [metadata.get("namespace"), metadata["name"]])), outputs=outputs)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        named = {**new, "metadata": {"name": outputs["metadata"]["name"], **(new.get("metadata") or {})}}
        return self.apply(manifest_of(named, ""))

    def delete(self, id_: str, outputs: Properties) -> None:
        self.withdraw(manifest_of(outputs, ""))

    def abandon(self, name: str, inputs: Properties) -> None:
        self.withdraw(manifest_of(inputs, name))

    def exists(self, id_: str, outputs: Properties) -> bool:
        return desired.get(self._machine, key_of_manifest(manifest_of(outputs, ""))) is not None

    def apply(self, manifest: Object) -> Object:
        """Brings an object about and returns it with its status. Raises ProviderError."""
        kind, key = manifest["kind"], key_of_manifest(manifest)
        states = {"ready"} if kind in _AWAITED else {"ready", "progressing"}
        deadline = manifest["spec"].get("progressDeadlineSeconds", 600) if kind == "Deployment" else 0
        desired.put(self._machine, key, manifest)
        desired.wait(self._machine, key, manifest, states=states, timeout=_TIMEOUT + deadline)
        status = status_of(kind)
        return {**manifest, "status": status} if status else manifest

    def withdraw(self, manifest: Object) -> None:
        """Removes an object and returns when it is gone. Raises ProviderError."""
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        grace = pod.get("terminationGracePeriodSeconds", 30)
        desired.remove(self._machine, key_of_manifest(manifest))
        desired.wait(self._machine, key_of_manifest(manifest), None, timeout=_TIMEOUT + grace)


class Job(Manifest):
    """A Job. It runs when it is made, and never again: the object that is kept then says that it has run."""

    def create(self, name: str, inputs: Properties) -> Made:
        jobs.run(manifest_of(inputs, name), self._machine)
        return super().create(name, inputs)


class Secret(Manifest):
    """A Secret, whose content stays secret in the state and in the program."""

    secret_outputs: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})


def _chart(name: str, inputs: Properties) -> Made:
    """Returns a Helm chart or release whose content this machine has by nature. Raises ProviderError for another."""
    chart = str(inputs.get("chart")).rpartition("/")[2]
    if chart not in CHARTS:
        raise ProviderError(
            f"The local stack runs no charts. It stands for {', '.join(sorted(CHARTS))} of Envoy Gateway, "
            f"not for {chart!r}; leave it out of the stack 'local' by its configuration."
        )
    status = {"status": "deployed", "chart": chart, "version": inputs.get("version")}
    id_ = "/".join(filter(None, [inputs.get("namespace"), inputs.get("name", name)]))
    return Made(id=id_, outputs={"resources": [], "status": status})


def package(machine: Machine) -> Package:
    """Returns the package of this machine."""
    return Package(
        handlers={
            **{f"kubernetes:{type_}": Manifest(machine) for type_ in known_types()},
            "kubernetes:batch/v1:Job": Job(machine),
            "kubernetes:core/v1:Secret": Secret(machine),
            "kubernetes:helm.sh/v3:Release": Recorded(_chart),
            "kubernetes:helm.sh/v4:Chart": Recorded(_chart),
            # The cluster is this machine, whatever the kubeconfig says.
            "pulumi:providers:kubernetes": Recorded(lambda name, _: Made(id=name)),
        }
    )
