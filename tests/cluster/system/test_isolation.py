"""Isolation on a real cluster: the reach and the rights of pods, and who gets through the ingress."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import pytest

from cluster.databases import NAMESPACE as DATABASES
from tests.cluster.system.acts import LAG
from tests.cluster.system.gate import Gate
from tests.local import test_ingress as local
from tests.support.cluster_stack import APPS, CALLER, ClusterStack, eventually
from tests.support.probe_pod import Address, ProbePod, reached_from
from tests.support.services import SERVICES
from tests.support.stack import client_context
from tests.support.waiting import PATIENCE

API_SERVER = ("kubernetes.default.svc", 443)
DNS = ("kube-dns.kube-system.svc", 53)


def addresses(system: ClusterStack) -> dict[str, Address]:
    """Returns every address of the services and their databases: names, Services and pods."""
    found: dict[str, Address] = {}
    for service in SERVICES:
        found[f"{service} by name"] = (f"{service}.{APPS}.svc", 443)
        found[f"database of {service} by name"] = (f"{service}.{DATABASES}.svc", 5432)
        for pod in system.pods_of(service):
            found[f"pod {pod['metadata']['name']}"] = (pod["status"]["podIP"], 8443)
        for pod in system.api.select("v1", "Pod", namespace=DATABASES, label_selector=f"server={service}"):
            found[f"database pod of {service}"] = (pod["status"]["podIP"], 5432)
    return found


def test_a_stranger_in_the_cluster_reaches_no_service_and_no_database(system: ClusterStack) -> None:
    everything = addresses(system)
    with ProbePod(system) as probe:
        assert probe.reached({**everything, "the API server": API_SERVER}) == {"the API server"}


def test_a_service_reaches_its_database_and_the_names_of_the_cluster_and_nothing_else(system: ClusterStack) -> None:
    everything = {**addresses(system), "the API server": API_SERVER, "the internet": ("1.1.1.1", 443), "names": DNS}
    for service in SERVICES:
        pod = system.ready_pods(service)[0]
        own = {f"database of {service} by name", f"database pod of {service}", "names"}
        itself = {f"pod {pod}", f"{service} by name"}  # its own address never leaves it, and its name may lead to it
        assert reached_from(system.api, APPS, pod, everything) - itself == own


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_has_no_token_and_can_write_nowhere_but_in_memory_and_tmp(system: ClusterStack, service: str) -> None:
    pod = system.ready_pods(service)[0]
    code = (
        "import os\n"
        "assert not os.path.exists('/var/run/secrets/kubernetes.io')\n"
        "assert os.getuid() == 10001\n"
        "for folder, _, _ in os.walk('/'):\n"
        "    try:\n"
        "        open(os.path.join(folder, 'written'), 'x').close()\n"
        "    except OSError:\n"
        "        continue\n"
        "    os.remove(os.path.join(folder, 'written'))\n"
        "    print(folder)\n"
    )
    written = system.api.run(APPS, pod, ["python", "-c", code], "").split()
    assert {"/tmp"} <= set(written) <= {"/tmp", "/dev/shm", "/dev/mqueue"}


@pytest.mark.parametrize("case", local.CALLERS)
def test_a_stranger_is_refused_by_the_ingress(system: ClusterStack, tmp_path: Path, case: str) -> None:
    local.test_stranger_is_refused_in_the_handshake_or_with_403(system, tmp_path, case)


def test_the_orchestrators_certificate_is_let_in(system: ClusterStack, tmp_path: Path) -> None:
    local.test_the_orchestrators_certificate_is_let_in(system, tmp_path)


def ask(system: ClusterStack, folder: Path) -> tuple[int, bytes]:
    """Sends a read of users on a connection of its own."""
    secret = system.secret_of_caller()
    context = client_context(secret["ca"], (secret["certificate"], secret["private_key"]), folder)
    connection = http.client.HTTPSConnection(
        "localhost", system.machine.ports.ingress, context=context, timeout=PATIENCE
    )
    try:
        connection.request("GET", "/users/123", headers=dict(CALLER))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answered_by(system: ClusterStack, pod: str) -> int:
    """Returns the number of requests that a pod has logged."""
    return sum('"GET' in line or '"/users/' in line for line in system.api.log(APPS, pod).splitlines())


def test_only_ready_pods_get_requests_and_without_any_the_ingress_answers(system: ClusterStack, tmp_path: Path) -> None:
    with Gate(system) as gate:
        out, *others = system.ready_pods("users")
        gate.let(out, ready=False)
        eventually(lambda: out not in system.ready_pods("users"), what=f"{out} is not ready")
        before = {pod: answered_by(system, pod) for pod in (out, *others)}
        time.sleep(LAG)  # until Envoy knows it
        before[out] = answered_by(system, out)
        assert {ask(system, tmp_path)[0] for _ in range(40)} == {200}
        assert answered_by(system, out) == before[out]
        eventually(lambda: sum(answered_by(system, pod) - before[pod] for pod in others) >= 40, what="40 lines of log")
        for pod in others:
            gate.let(pod, ready=False)
        eventually(lambda: {ask(system, tmp_path)[0] for _ in range(10)} == {503}, what="503 of every Envoy")
        time.sleep(1)  # until pods have logged what they answered
        before = {pod: answered_by(system, pod) for pod in (out, *others)}
        assert {ask(system, tmp_path)[0] for _ in range(20)} == {503}
        assert {pod: answered_by(system, pod) for pod in (out, *others)} == before
    eventually(lambda: ask(system, tmp_path)[0] == 200, what="users serves again")
