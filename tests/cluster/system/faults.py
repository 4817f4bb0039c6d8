"""The faults of a cluster, while customers call the endpoint, whose functions call the cluster's ingress."""

from __future__ import annotations

import contextlib
import time

from cluster.databases import NAMESPACE as DATABASES
from local.errors import ProviderError
from tests.cluster.system.gate import Gate
from tests.cluster.system.node import KILL, Node
from tests.local.faults.fault import Fault
from tests.local.faults.table import UNAVAILABLE, UNREACHED
from tests.support.cluster_stack import APPS, ClusterStack, eventually
from tests.support.fault_rows import Group

CUT = 18.0
"""Seconds without the way to the services. Envoy's liveness probe, every 10 s, would end it at the third failure."""
AWAY = 30.0
"""Seconds without the names of the cluster."""
FLAPS, FLAP = 4, 5.0
"""The times that readiness goes and comes, and the seconds of each."""
ENDLESS = 60.0
"""Seconds with a liveness probe that always fails: it ends a pod after 30."""
ENVOY = ("envoy", "--service-node")
"""The words of the ingress's Envoy, which tell it from any other one on the node."""
ENDED = frozenset({502, 503})
"""The answers where pods are ended one after the other, each with its time to end, and others begin."""
GREEDY = """
import os, time
while True:
    if os.fork() == 0:
        hoard = b"x" * 16_000_000
        time.sleep(60)
        os._exit(0)
    time.sleep(0.02)
"""
"""Code that takes more memory than a pod may have, in processes smaller than the service, which is ended with them."""


def _restarts(system: ClusterStack, name: str, namespace: str, label: str = "app") -> int:
    return sum(
        container["restartCount"]
        for pod in system.pods_of(name, namespace, label=label)
        for container in pod["status"].get("containerStatuses") or []
    )


def _restarted(system: ClusterStack, name: str, namespace: str, before: int, label: str = "app") -> float:
    """Returns the moment at which a pod has restarted: until then its cause may go on."""
    eventually(lambda: _restarts(system, name, namespace, label) > before, what=f"a restart of {name}")
    return time.monotonic()


def out_of_memory(system: ClusterStack) -> None:
    """Has a pod of users use more memory than its limit, until its container ends."""
    before = _restarts(system, "users", APPS)
    with contextlib.suppress(ProviderError):  # the command ends with the container
        system.api.run(APPS, system.ready_pods("users")[0], ["python", "-c", GREEDY], "")
    _restarted(system, "users", APPS, before)


def ended_again_and_again(system: ClusterStack) -> float:
    """Ends the container of a pod of users three times, each time as soon as it runs again."""
    victim = system.ready_pods("users")[0]
    for _ in range(3):
        before = _restarts(system, "users", APPS)
        eventually(lambda: victim in system.ready_pods("users"), what=f"{victim} is ready")
        system.api.run(APPS, victim, ["python", "-c", "import os; os.kill(1, 15)"], "")
        ended = time.monotonic()
        _restarted(system, "users", APPS, before)
    return ended


def readiness_flaps(system: ClusterStack) -> float:
    """Takes the pods of users out of the ingress and puts them back in turn."""
    with Gate(system) as gate:
        for _ in range(FLAPS):
            for pod in system.ready_pods("users"):
                gate.let(pod, ready=False)
                time.sleep(FLAP)
                gate.let(pod, ready=True)
                time.sleep(FLAP)
        return time.monotonic()


def liveness_flaps(system: ClusterStack) -> float:
    """Has the kubelet ask every pod of users for what is not there, and end it for that."""
    probe = {"httpGet": {"path": "/nowhere"}}  # port and scheme stay
    template = {"spec": {"template": {"spec": {"containers": [{"name": "app", "livenessProbe": probe}]}}}}
    with system.patched("Deployment", "users", template, strategic=True):
        time.sleep(ENDLESS)
        assert _restarts(system, "users", APPS) > 0
        ended = time.monotonic()
    system.settled()
    return ended


def _database_crashes(system: ClusterStack, server: str) -> float:
    """Has a PostgreSQL end at once, as after a failure of its machine: it recovers from its log."""
    before = _restarts(system, server, DATABASES, "server")
    (pod,) = system.pods_of(server, DATABASES, label="server")
    system.api.run(DATABASES, pod["metadata"]["name"], ["sh", "-c", "kill -QUIT 1"], "")
    ended = time.monotonic()
    _restarted(system, server, DATABASES, before, "server")
    return ended


def database_of_users_crashes(system: ClusterStack) -> float:
    return _database_crashes(system, "users")


def database_of_billing_crashes(system: ClusterStack) -> float:
    return _database_crashes(system, "billing")


def envoy_killed(system: ClusterStack) -> float:
    with Node(system) as node:
        node.signal(KILL, *ENVOY)
        return time.monotonic()


def way_cut(system: ClusterStack) -> float:
    """Has nothing pass from the functions to the services; connections stay open and say nothing."""
    with Node(system) as node:
        with node.frozen(*ENVOY):
            time.sleep(CUT)
        return time.monotonic()


def names_away(system: ClusterStack) -> float:
    """Takes the cluster's DNS away."""
    (dns,) = system.api.select("apps/v1", "Deployment", namespace="kube-system", label_selector="k8s-app=kube-dns")
    name, replicas = dns["metadata"]["name"], dns["spec"]["replicas"]
    try:
        system.patch("Deployment", name, {"spec": {"replicas": 0}}, "kube-system")
        time.sleep(AWAY)
    finally:
        there = system.patch("Deployment", name, {"spec": {"replicas": replicas}}, "kube-system")
        ended = time.monotonic()
        system.ready(there)
    return ended


FAULTS: tuple[Fault[ClusterStack], ...] = (
    Fault(group=Group.PODS, name="a pod runs out of memory", act=out_of_memory),
    Fault(group=Group.PODS, name="the process of a pod ends again and again", act=ended_again_and_again),
    Fault(group=Group.PODS, name="readiness of pods flaps", act=readiness_flaps),
    Fault(group=Group.PODS, name="liveness of all pods flaps", act=liveness_flaps, statuses=ENDED),
    Fault(
        group=Group.DATABASE, name="PostgreSQL of users crashes", act=database_of_users_crashes, statuses=UNAVAILABLE
    ),
    Fault(group=Group.DATABASE, name="PostgreSQL of billing crashes", act=database_of_billing_crashes),
    Fault(group=Group.NETWORK, name="Envoy of the ingress is killed", act=envoy_killed, statuses=UNREACHED),
    Fault(
        group=Group.NETWORK,
        name="the way between functions and services is cut for 18 s",
        act=way_cut,
        statuses=UNREACHED,
    ),
    Fault(group=Group.NETWORK, name="DNS of the cluster is away for 30 s", act=names_away, statuses=UNAVAILABLE),
)
