"""The faults of a cluster, while customers call the endpoint, whose functions call the cluster's ingress."""

from __future__ import annotations

import contextlib
import time

from cluster.databases import NAMESPACE as DATABASES
from local.errors import ProviderError
from tests.cluster.system.gate import Gate
from tests.cluster.system.node import KILL, Node
from tests.local.faults.fault import Fault
from tests.support.cluster_stack import APPS, ClusterStack, eventually
from tests.support.fault_rows import Group

CUT = 30.0
"""Seconds without the way to the services, or without the names of the cluster."""
FLAPS, FLAP = 4, 5.0
"""The times that readiness goes and comes, and the seconds of each."""
ENDLESS = 60.0
"""Seconds with a liveness probe that always fails: it ends a pod after 30."""
ENVOY = ("envoy", "--service-node")
"""The words of the ingress's Envoy, which tell it from any other one on the node."""
GREEDY = "hoard = [b'x' * 1_000_000 for _ in range(100_000)]"
"""Code that takes more memory than any pod may have."""
UNAVAILABLE, UNREACHED, SILENT = frozenset({503}), frozenset({502, 503}), frozenset({503, 504})
"""The failures of what says so itself, of what ends connections, and of what says nothing."""


def _restarts(system: ClusterStack, name: str, namespace: str, label: str = "app") -> int:
    return sum(
        container["restartCount"]
        for pod in system.pods_of(name, namespace, label=label)
        for container in pod["status"].get("containerStatuses") or []
    )


def _restarted(system: ClusterStack, name: str, namespace: str, before: int, label: str = "app") -> None:
    eventually(lambda: _restarts(system, name, namespace, label) > before, what=f"a restart of {name}")


def out_of_memory(system: ClusterStack) -> None:
    """Has a pod of users use more memory than its limit. The kernel ends all processes of its container at once (cgroup
    v2, since Kubernetes 1.28)."""
    before = _restarts(system, "users", APPS)
    with contextlib.suppress(ProviderError):  # the command ends with the container
        system.api.run(APPS, system.ready_pods("users")[0], ["python", "-c", GREEDY], "")
    _restarted(system, "users", APPS, before)


def ended_again_and_again(system: ClusterStack) -> None:
    """Ends the container of a pod of users three times, each time as soon as it runs again."""
    victim = system.ready_pods("users")[0]
    for _ in range(3):
        before = _restarts(system, "users", APPS)
        eventually(lambda: victim in system.ready_pods("users"), what=f"{victim} is ready")
        system.api.run(APPS, victim, ["python", "-c", "import os; os.kill(1, 15)"], "")
        _restarted(system, "users", APPS, before)


def readiness_flaps(system: ClusterStack) -> None:
    """Takes the pods of users out of the ingress and puts them back in turn."""
    with Gate(system) as gate:
        for _ in range(FLAPS):
            for pod in system.ready_pods("users"):
                gate.let(pod, ready=False)
                time.sleep(FLAP)
                gate.let(pod, ready=True)
                time.sleep(FLAP)


def liveness_flaps(system: ClusterStack) -> None:
    """Has the kubelet ask every pod of users for what is not there, and end it for that."""
    probe = {"httpGet": {"path": "/nowhere"}}  # port and scheme stay
    template = {"spec": {"template": {"spec": {"containers": [{"name": "app", "livenessProbe": probe}]}}}}
    with system.patched("Deployment", "users", template, strategic=True):
        time.sleep(ENDLESS)
        assert _restarts(system, "users", APPS) > 0
    system.settled()


def _database_crashes(system: ClusterStack, server: str) -> None:
    """Has a PostgreSQL end at once, as after a failure of its machine: it recovers from its log."""
    before = _restarts(system, server, DATABASES, "server")
    (pod,) = system.pods_of(server, DATABASES, label="server")
    system.api.run(DATABASES, pod["metadata"]["name"], ["sh", "-c", "kill -QUIT 1"], "")
    _restarted(system, server, DATABASES, before, "server")


def database_of_users_crashes(system: ClusterStack) -> None:
    _database_crashes(system, "users")


def database_of_billing_crashes(system: ClusterStack) -> None:
    _database_crashes(system, "billing")


def envoy_killed(system: ClusterStack) -> None:
    with Node(system) as node:
        node.signal(KILL, *ENVOY)


def way_cut(system: ClusterStack) -> None:
    """Has nothing pass from the functions to the services; connections stay open and say nothing."""
    with Node(system) as node, node.frozen(*ENVOY):
        time.sleep(CUT)


def names_away(system: ClusterStack) -> None:
    """Takes the cluster's DNS away."""
    (dns,) = system.api.select("apps/v1", "Deployment", namespace="kube-system", label_selector="k8s-app=kube-dns")
    name, replicas = dns["metadata"]["name"], dns["spec"]["replicas"]
    system.patch("Deployment", name, {"spec": {"replicas": 0}}, "kube-system")
    try:
        time.sleep(CUT)
    finally:
        system.ready(system.patch("Deployment", name, {"spec": {"replicas": replicas}}, "kube-system"))


FAULTS: tuple[Fault[ClusterStack], ...] = (
    Fault(group=Group.PODS, name="a pod runs out of memory", act=out_of_memory),
    Fault(group=Group.PODS, name="the process of a pod ends again and again", act=ended_again_and_again),
    Fault(group=Group.PODS, name="readiness of pods flaps", act=readiness_flaps),
    Fault(group=Group.PODS, name="liveness of all pods flaps", act=liveness_flaps, statuses=UNREACHED),
    Fault(
        group=Group.DATABASE, name="PostgreSQL of users crashes", act=database_of_users_crashes, statuses=UNAVAILABLE
    ),
    Fault(group=Group.DATABASE, name="PostgreSQL of billing crashes", act=database_of_billing_crashes),
    Fault(group=Group.NETWORK, name="Envoy of the ingress is killed", act=envoy_killed, statuses=UNREACHED),
    Fault(
        group=Group.NETWORK,
        name="the way between functions and services is cut for 30 s",
        act=way_cut,
        statuses=SILENT,
    ),
    Fault(group=Group.NETWORK, name="DNS of the cluster is away for 30 s", act=names_away, statuses=UNAVAILABLE),
)
