"""pulumi-kubernetes on this machine: manifests become objects that the supervisor brings about.

Pods are processes, the ingress is a real Envoy (`local.supervisor`, `local.envoy`). ServiceAccounts, NetworkPolicies,
PodDisruptionBudgets and EnvoyProxies are recorded and not enforced: there is no API server, no network of pods and no
eviction here. Envoy Gateway's charts install what this machine has already; others are refused.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Protocol

from local import desired
from local.desired import Object
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Handler, Made, Package, Properties, Updatable

TYPES = (
    "core/v1:ConfigMap",
    "core/v1:Namespace",
    "core/v1:Secret",
    "core/v1:Service",
    "core/v1:ServiceAccount",
    "apps/v1:Deployment",
    "autoscaling/v2:HorizontalPodAutoscaler",
    "policy/v1:PodDisruptionBudget",
    "networking.k8s.io/v1:NetworkPolicy",
    "gateway.networking.k8s.io/v1:BackendTLSPolicy",
    "gateway.networking.k8s.io/v1:Gateway",
    "gateway.networking.k8s.io/v1:GatewayClass",
    "gateway.networking.k8s.io/v1:HTTPRoute",
    "gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy",
    "gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy",
    "gateway.envoyproxy.io/v1alpha1:EnvoyProxy",
    "gateway.envoyproxy.io/v1alpha1:SecurityPolicy",
)
CHARTS = {"gateway-helm", "gateway-crds-helm"}
_AWAITED = {"Deployment", "Gateway", "HorizontalPodAutoscaler"}
"""Kinds whose creation ends when they are ready; of others it ends when they are accepted, as on a cluster."""
_TIMEOUT = 60.0
"""Seconds; a Deployment has its own deadline."""


class Cluster(Protocol):
    """Where manifests are applied."""

    def apply(self, manifest: Object) -> Object:
        """Brings it about and returns its status. Raises ProviderError."""

    def delete(self, manifest: Object) -> None:
        """Returns when it is gone. Raises ProviderError."""

    def has(self, manifest: Object) -> bool: ...


class ThisMachine:
    """The supervisor of this clone as a cluster."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def apply(self, manifest: Object) -> Object:
        kind, key = manifest["kind"], _key(manifest)
        states = {"ready"} if kind in _AWAITED else {"ready", "progressing"}
        timeout = _TIMEOUT
        if kind == "Deployment":
            timeout += manifest["spec"].get("progressDeadlineSeconds", 600)
        desired.put(self._machine, key, manifest)
        desired.wait(self._machine, key, manifest, states=states, timeout=timeout)
        return status_of(kind)

    def delete(self, manifest: Object) -> None:
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        desired.remove(self._machine, _key(manifest))
        desired.wait(
            self._machine, _key(manifest), None, timeout=_TIMEOUT + pod.get("terminationGracePeriodSeconds", 30)
        )

    def has(self, manifest: Object) -> bool:
        return desired.get(self._machine, _key(manifest)) is not None


def status_of(kind: str) -> Object:
    """What the program reads of an object that is ready."""
    if kind != "Gateway":
        return {}
    programmed = {"type": "Programmed", "status": "True", "reason": "Programmed"}
    return {"addresses": [{"type": "Hostname", "value": "localhost"}], "conditions": [programmed]}


class Manifest(Updatable):
    """Any object that is given by its manifest."""

    replace_on: ClassVar[frozenset[str]] = frozenset({"identity"})
    secret_outputs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def fingerprint(self, inputs: Properties) -> Properties:
        """What can't change in place: namespace, name, and a Deployment's selector."""
        metadata = inputs.get("metadata") or {}
        fixed: list[Any] = [metadata.get("namespace"), metadata.get("name")]
        if inputs["kind"] == "Deployment":
            fixed.append(inputs["spec"].get("selector"))
        return {"identity": fixed}

    def create(self, name: str, inputs: Properties) -> Made:
        manifest = _manifest(inputs, f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}")
        outputs = self._apply(manifest)
        metadata = manifest["metadata"]
        return Made(id="/".join(filter(None, [metadata.get("namespace"), metadata["name"]])), outputs=outputs)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._apply(_manifest(new, outputs["metadata"]["name"]))

    def delete(self, id_: str, outputs: Properties) -> None:
        self._cluster.delete(_manifest(outputs))

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._cluster.has(_manifest(outputs))

    def _apply(self, manifest: Object) -> Properties:
        status = self._cluster.apply(manifest)
        return {**manifest, "status": status} if status else manifest


class Secret(Manifest):
    secret_outputs: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})


class Provider(Updatable):
    """`pulumi:providers:kubernetes`: the cluster is this machine, whatever the kubeconfig says."""

    def create(self, name: str, inputs: Properties) -> Made:
        return Made(id=name)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return {}

    def delete(self, id_: str, outputs: Properties) -> None:
        """There is nothing behind it."""


class Chart(Provider):
    """A Helm chart or release whose content this machine has by nature."""

    def create(self, name: str, inputs: Properties) -> Made:
        outputs = self.update("", {}, inputs, {})
        return Made(id="/".join(filter(None, [inputs.get("namespace"), inputs.get("name", name)])), outputs=outputs)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        chart = str(new.get("chart")).rpartition("/")[2]
        if chart not in CHARTS:
            raise ProviderError(
                f"The local stack runs no charts. It stands for {', '.join(sorted(CHARTS))} of Envoy Gateway, "
                f"not for {chart!r}; leave it out of the stack 'local' by its configuration."
            )
        return {"resources": [], "status": {"status": "deployed", "chart": chart, "version": new.get("version")}}


def handlers(cluster: Cluster) -> dict[str, Handler]:
    """The types of pulumi-kubernetes, applied to `cluster`."""
    found: dict[str, Handler] = {f"kubernetes:{type_}": Manifest(cluster) for type_ in TYPES}
    found["kubernetes:core/v1:Secret"] = Secret(cluster)
    found |= {"kubernetes:helm.sh/v3:Release": Chart(), "kubernetes:helm.sh/v4:Chart": Chart()}
    return {**found, "pulumi:providers:kubernetes": Provider()}


def package(machine: Machine) -> Package:
    return Package(handlers=handlers(ThisMachine(machine)))


_CLUSTER_WIDE = {"Namespace", "GatewayClass"}


def _manifest(properties: Properties, name: str = "") -> Object:
    """As `kubectl apply` would take it; it gets `name` when it has none."""
    manifest = {key: value for key, value in properties.items() if key not in ("identity", "status", "id")}
    metadata = dict(properties.get("metadata") or {})
    metadata.setdefault("name", name)
    if properties["kind"] not in _CLUSTER_WIDE:
        metadata.setdefault("namespace", "default")
    return {**manifest, "metadata": metadata}


def _key(manifest: Object) -> str:
    metadata = manifest["metadata"]
    return desired.key_of(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
