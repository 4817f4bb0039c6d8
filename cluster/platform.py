"""The cluster as the platform of `up`, and what `down`, `status` and `logs` do there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import urllib3
from rich.console import Console

from cluster import charts, claim, databases, images, names, provider
from cluster.api import METRICS, Api, Object
from cluster.configuration import configuration
from cluster.connection import LostError
from cluster.ownership import is_ours, remove
from cluster.readiness import wait_until_ready
from cluster.target import Target, save
from local.engine import dependents_first
from local.envoy import relay
from local.errors import LocalError
from local.machine import Machine, write_text
from local.provider import Handler, Package
from local.state import State
from local.supervisor import client
from local.up import STACK, Display, Look, Platform, up
from planning.wire import plain

MODULES = tuple(module for module in client.MODULES if module != "local.postgres")
"""The processes of this machine: the databases are in the cluster."""
ROUTES = 90.0
"""Seconds until the functions must reach all services through the ingress."""
_OURS = ("kubernetes:", "azure-native:dbforpostgresql:")
"""The beginnings of the types whose resources are in the cluster."""


class Cluster(Platform):
    """A cluster that the stack is applied to."""

    modules: Sequence[str] = MODULES

    def __init__(self, machine: Machine, api: Api) -> None:
        super().__init__(machine)
        self._api = api

    def packages(self) -> list[Package]:
        """Returns the providers of what is in the cluster."""
        machine, api = self._machine, self._api
        return [databases.package(machine, api), images.package(machine, api.target), provider.package(api)]

    def config(self) -> Mapping[str, object]:
        """Returns the configuration that is laid over the stack's file."""
        return configuration(self._machine, self._api, STACK)

    def settle(self) -> None:
        """Leads this machine's functions to the ingress, and returns when they reach all services through it."""
        port = self._machine.ports.ingress
        for gateway in filter(is_ours, self._api.select("gateway.networking.k8s.io/v1", "Gateway")):
            ready = wait_until_ready(self._api, gateway)
            addresses = ready["status"].get("addresses") or []
            if addresses and port in {listener["port"] for listener in ready["spec"]["listeners"]}:
                relay.put(self._machine, port, addresses[0]["value"], port)
        for deployment in _deployments(self._api):
            wait_until_ready(self._api, deployment)
        self._await_health()

    def _await_health(self) -> None:
        """Returns when the API says that all is well: Envoys get routes, and what they lead to, some seconds late."""
        machine, end = self._machine, time.monotonic() + ROUTES
        http = urllib3.PoolManager(ca_certs=str(machine.home / "ca.crt"), retries=False, timeout=10)
        health = "no answer"
        while time.monotonic() < end:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                health = http.request("GET", f"{machine.endpoint_url}/health").data.decode(errors="replace")
            if '"ok"' in health:
                return
            time.sleep(0.5)
        raise LocalError(
            f"Not all services are reached through the ingress after {ROUTES:.0f} s: GET /health says {health}. "
            "See `./crosscloud logs`."
        )


def apply(machine: Machine, target: Target, display: Display, look: Look | None = None) -> None:
    """Brings the stack up in the cluster. Raises LocalError."""
    images.check(target)
    with connected(target) as api:
        if not api.knows(METRICS):
            raise LocalError(
                "The cluster has no metrics-server, so that autoscalers would know no load. Install it "
                "(https://github.com/kubernetes-sigs/metrics-server; in kind with --kubelet-insecure-tls)."
            )
        charts.check(api)
        target = replace(target, identity=api.identity, clone=target.clone or uuid4().hex)
        claim.claim(api, machine, target.clone)
        save(machine, target)
        up(machine, display, Cluster(machine, api), look=look)


def down(machine: Machine, target: Target, console: Console, *, purge: bool) -> None:
    """Ends the services' pods; with `purge`, removes everything of this stack from the cluster. Raises LocalError."""
    with connected(target) as api:
        claim.check(api, target.clone)
        if purge:
            _purge(machine, api)
            claim.release(api)
            if kept := charts.kept_for_others(api):
                console.print(kept, markup=False, highlight=False, soft_wrap=True)
            return
        for deployment in _deployments(api):
            remove(api, deployment)
    console.print("The databases, the ingress and what they hold stay in the cluster; PURGE=1 removes them.")


def _deployments(api: Api) -> list[Object]:
    """Returns the services' Deployments that this stack has made."""
    return [each for each in api.select("apps/v1", "Deployment", namespace=names.SERVICES) if is_ours(each)]


def _purge(machine: Machine, api: Api) -> None:
    """Deletes what is in the cluster, dependents first, as the state has it. Raises LocalError before anything goes."""
    handlers: dict[str, Handler] = {}
    for package in Cluster(machine, api).packages():
        handlers |= package.handlers
    state = _state(machine, api)
    entries = [each for each in state if each.custom and each.type.startswith(_OURS)]
    if unknown := sorted({each.type for each in entries} - handlers.keys()):
        raise LocalError(
            f"The state {machine.state_file} has what this version of the program does not know to remove: "
            f"{', '.join(unknown)}. Use the version that made it."
        )
    for entry in dependents_first(entries):
        if entry.id:
            handlers[entry.type].delete(entry.id, plain(entry.outputs))
        else:
            handlers[entry.type].abandon(entry.name, plain(entry.inputs))
        state.remove(entry.urn)


def _state(machine: Machine, api: Api) -> State:
    """Returns the state. Raises LostError when it can't be read, or is missing while the stack is in the cluster."""
    kind = {"apiVersion": "v1", "kind": "Namespace"}
    if not machine.state_file.exists():
        namespaces = (api.get({**kind, "metadata": {"name": name}}) for name in names.EVERY)
        if remaining := [each["metadata"]["name"] for each in namespaces if each and is_ours(each)]:
            raise LostError(
                f"The state {machine.state_file} is missing, so what this stack has made in the cluster is not known "
                f"any more. It has made the namespaces {', '.join(remaining)}: if nobody else uses them, delete them "
                f"(kubectl delete namespace {' '.join(remaining)})."
            )
    try:
        return State(machine.state_file)
    except LocalError as error:
        raise LostError(str(error)) from None


def status(target: Target) -> dict[str, list[Object]]:
    """Returns rows of the services' Deployments and of all pods, as `local status` shows them: the Envoys' too."""
    with connected(target) as api:
        deployments = [
            {
                "namespace": each["metadata"]["namespace"],
                "name": each["metadata"]["name"],
                "desired": each["spec"]["replicas"],
                "ready": each["status"].get("readyReplicas", 0),
                "updated": each["status"].get("updatedReplicas", 0),
            }
            for each in _deployments(api)
        ]
        of_the_stack = (names.SERVICES, names.DATABASES, names.ENVOY)
        pods = [_pod(each) for name in of_the_stack for each in api.select("v1", "Pod", namespace=name)]
    return {"deployments": deployments, "pods": pods}


def _pod(pod: Object) -> Object:
    containers = pod["status"].get("containerStatuses") or []
    ready = bool(containers) and all(container["ready"] for container in containers)
    return {
        "namespace": pod["metadata"]["namespace"],
        "name": pod["metadata"]["name"],
        "state": "ready" if ready else pod["status"]["phase"].lower(),
        "restarts": sum(container["restartCount"] for container in containers),
    }


def fetch_logs(machine: Machine, target: Target) -> None:
    """Brings the logs of the services' pods into the clone's folder, where those of its own pods would be."""
    with connected(target) as api:
        for pod in api.select("v1", "Pod", namespace=names.SERVICES):
            name = pod["metadata"]["name"]
            write_text(machine.logs / "pods" / f"{name}.log", api.log(names.SERVICES, name))


@contextlib.contextmanager
def connected(target: Target) -> Iterator[Api]:
    """Yields the cluster's API server. Raises LocalError when it can't be reached, LostError when it can't be found."""
    if not Path(target.kubeconfig).exists():
        raise LostError(
            f"The stack of this clone is in a cluster, and its kubeconfig {target.kubeconfig} is not there any more."
        )
    api = Api(target)
    try:
        yield api
    finally:
        api.close()
