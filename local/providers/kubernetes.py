"""pulumi-kubernetes on this machine: manifests become objects that the supervisor brings about.

Pods are processes and the ingress is a real Envoy. A Job runs to its end when it is made. ServiceAccounts, network
policies, PodDisruptionBudgets and EnvoyProxies are recorded and not enforced: there is no API server, no network of
pods and no eviction here. Envoy Gateway's charts install what this machine has already; others are refused.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from local import desired
from local.desired import Object
from local.errors import ProviderError
from local.kubernetes import job as jobs
from local.machine import Machine
from local.provider import Handler, Made, Package, Properties, Updatable
from planning.manifests import manifest_of, status_of

TYPES = (
    "core/v1:ConfigMap",
    "core/v1:Namespace",
    "core/v1:Secret",
    "core/v1:Service",
    "core/v1:ServiceAccount",
    "apps/v1:Deployment",
    "batch/v1:Job",
    "autoscaling/v2:HorizontalPodAutoscaler",
    "policy/v1:PodDisruptionBudget",
    "networking.k8s.io/v1:NetworkPolicy",
    "cilium.io/v2:CiliumNetworkPolicy",
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
"""Charts for whose content this machine stands."""
_AWAITED = {"Deployment", "Gateway", "HorizontalPodAutoscaler"}
"""Kinds whose creation ends when they are ready; of others it ends when they are accepted, as on a cluster."""
_TIMEOUT = 60.0
"""Seconds until an object is ready or gone. A Deployment and its pods have their own times besides."""


class Cluster(Protocol):
    """Where manifests are applied."""

    def apply(self, manifest: Object) -> Object:
        """Brings it about and returns its status. Raises ProviderError."""

    def complete(self, job: Object) -> None:
        """Runs a Job to its end. Raises ProviderError when it fails."""

    def delete(self, manifest: Object) -> None:
        """Returns when it is gone. Raises ProviderError."""

    def has(self, manifest: Object) -> bool:
        """Returns whether the object exists."""


class ThisMachine:
    """The supervisor of this clone as a cluster."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def apply(self, manifest: Object) -> Object:
        kind, key = manifest["kind"], _key(manifest)
        states = {"ready"} if kind in _AWAITED else {"ready", "progressing"}
        deadline = manifest["spec"].get("progressDeadlineSeconds", 600) if kind == "Deployment" else 0
        desired.put(self._machine, key, manifest)
        desired.wait(self._machine, key, manifest, states=states, timeout=_TIMEOUT + deadline)
        return status_of(kind)

    def complete(self, job: Object) -> None:
        jobs.run(job, self._machine)

    def delete(self, manifest: Object) -> None:
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        grace = pod.get("terminationGracePeriodSeconds", 30)
        desired.remove(self._machine, _key(manifest))
        desired.wait(self._machine, _key(manifest), None, timeout=_TIMEOUT + grace)

    def has(self, manifest: Object) -> bool:
        return desired.get(self._machine, _key(manifest)) is not None


class Manifest(Updatable):
    """Any object that is given by its manifest."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def create(self, name: str, inputs: Properties) -> Made:
        outputs = self._apply(inputs, name)
        metadata = outputs["metadata"]
        return Made(id="/".join(filter(None, [metadata.get("namespace"), metadata["name"]])), outputs=outputs)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        named = {**new, "metadata": {"name": outputs["metadata"]["name"], **(new.get("metadata") or {})}}
        return self._apply(named, "")

    def delete(self, id_: str, outputs: Properties) -> None:
        self._cluster.delete(manifest_of(outputs, ""))

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._cluster.has(manifest_of(outputs, ""))

    def _apply(self, properties: Properties, name: str) -> Properties:
        manifest = manifest_of(properties, name)
        status = self._cluster.apply(manifest)
        return {**manifest, "status": status} if status else manifest


class Job(Manifest):
    """batch/v1:Job. It runs when it is made, and never again: the object that is kept then says that it has run."""

    def create(self, name: str, inputs: Properties) -> Made:
        self._cluster.complete(manifest_of(inputs, name))
        return super().create(name, inputs)


class Secret(Manifest):
    """core/v1:Secret"""

    secret_outputs: ClassVar[frozenset[str]] = frozenset({"data", "stringData"})


class Provider(Updatable):
    """`pulumi:providers:kubernetes`: the cluster is this machine, whatever the kubeconfig says."""

    def create(self, name: str, inputs: Properties) -> Made:
        return Made(id=name)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return {}

    def delete(self, id_: str, outputs: Properties) -> None:
        """Has nothing to remove."""


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
    """Returns the types of pulumi-kubernetes, applied to `cluster`."""
    return {
        **{f"kubernetes:{type_}": Manifest(cluster) for type_ in TYPES},
        "kubernetes:batch/v1:Job": Job(cluster),
        "kubernetes:core/v1:Secret": Secret(cluster),
        "kubernetes:helm.sh/v3:Release": Chart(),
        "kubernetes:helm.sh/v4:Chart": Chart(),
        "pulumi:providers:kubernetes": Provider(),
    }


def package(machine: Machine) -> Package:
    """Returns the package of this machine."""
    return Package(handlers=handlers(ThisMachine(machine)))


def _key(manifest: Object) -> str:
    metadata = manifest["metadata"]
    return desired.key_of(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
