"""The program in a cluster: its settings, and the facts that only the cluster has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import configuration
from cluster.databases import authority
from components.settings import SettingsError
from local.errors import LocalError
from local.machine import Machine, Ports
from planning.certificates import pem
from planning.render import render
from tests.support.program import ROOT, run
from tests.unit.cluster.fakes import FakeApi

PORTS = Ports(endpoint=1, ingress=8444, issuer=3, emulator=4, postgres=5)
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "one"},
    "spec": {"podCIDR": "10.244.0.0/24"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.9.0.2"}, {"type": "Hostname", "address": "one"}]},
}


class Cluster(FakeApi):
    server = "https://127.0.0.1:6443"  # type: ignore[assignment]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(root=ROOT, home=tmp_path_factory.mktemp("home"), ports=PORTS)


@pytest.fixture(scope="module")
def manifests(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    api = Cluster()
    api.apply(NODE)
    config = dict(configuration.configuration(machine, api, "local"))
    files = render(ROOT, "local", tmp_path_factory.mktemp("out") / "manifests", config=config)
    read = [yaml.safe_load(Path(file).read_text()) for file in files]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in read}


def test_services_have_the_sizes_and_waits_of_a_cluster(manifests: dict[str, dict[str, Any]]) -> None:
    every = yaml.safe_load(configuration.SETTINGS.read_text())["everyService"]
    scalers = [value for key, value in manifests.items() if key.startswith("HorizontalPodAutoscaler/")]
    assert scalers
    assert {scaler["spec"]["minReplicas"] for scaler in scalers} == {every["minReplicas"]}
    pod = manifests["Deployment/users"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"] == every["preStopSeconds"]


def test_reports_have_the_least_of_a_busy_node(manifests: dict[str, dict[str, Any]]) -> None:
    cpu = {
        key: int(value["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"].removesuffix("m"))
        for key, value in manifests.items()
        if key.startswith("Deployment/")
    }
    reports = cpu.pop("Deployment/analytics")
    assert min(cpu.values()) >= 2 * reports


def test_pods_know_the_databases_by_the_authority_of_this_machine(
    manifests: dict[str, dict[str, Any]], machine: Machine
) -> None:
    secret = manifests["Secret/users-database"]["stringData"]
    assert secret["url"].endswith(":5432/users?sslmode=verify-full&sslrootcert=/database/ca.crt")
    assert secret["ca.crt"] == pem(authority(machine).certificate)
    jobs = [value for key, value in manifests.items() if key.startswith("Job/users-migrations")]
    for workload in (manifests["Deployment/users"], *jobs):
        pod = workload["spec"]["template"]["spec"]
        assert {"name": "database", "mountPath": "/database", "readOnly": True} in pod["containers"][0]["volumeMounts"]
        (volume,) = (each for each in pod["volumes"] if each["name"] == "database")
        assert volume["secret"] == {
            "secretName": "users-database",
            "items": [{"key": "ca.crt", "path": "ca.crt"}],
        }


def test_pods_reach_the_databases_in_the_pods_network(manifests: dict[str, dict[str, Any]]) -> None:
    egress = manifests["NetworkPolicy/users"]["spec"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "10.244.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5432}]} in egress


def test_the_ingress_lets_this_machine_the_nodes_and_their_neighbours_in(manifests: dict[str, dict[str, Any]]) -> None:
    (rule,) = manifests["SecurityPolicy/edge"]["spec"]["authorization"]["rules"]
    assert rule["principal"]["clientCIDRs"] == ["10.244.0.0/24", "10.9.0.0/16", "127.0.0.0/16"]


@pytest.mark.parametrize(
    ("cidrs", "network"),
    [
        ([["fd00::/64", "10.42.0.0/24"]], "10.42.0.0/24"),
        ([["10.244.0.0/24"], ["10.244.1.0/24"]], "10.0.0.0/8"),
        ([[]], "10.0.0.0/8"),
    ],
)
def test_the_network_of_the_pods_is_that_of_the_nodes(machine: Machine, cidrs: list[list[str]], network: str) -> None:
    api = Cluster()
    for i, each in enumerate(cidrs):
        spec = {"podCIDR": each[0], "podCIDRs": each} if each else {}
        api.apply({**NODE, "metadata": {"name": str(i)}, "spec": spec})
    facts: Any = configuration.configuration(machine, api, "local")["crosscloud:machine"]
    assert facts["databases"]["addresses"] == network


def test_a_cluster_of_ipv6_alone_is_refused(machine: Machine) -> None:
    api = Cluster()
    api.apply({**NODE, "spec": {"podCIDR": "fd00::/64", "podCIDRs": ["fd00::/64"]}})
    with pytest.raises(LocalError, match=r"must have IPv4 addresses, .*; theirs are in fd00::/64\."):
        configuration.configuration(machine, api, "local")


@pytest.mark.parametrize("server", ["https://api.invalid:6443", "https://[::1]:6443"])
def test_a_server_without_an_ipv4_address_is_a_sentence(server: str) -> None:
    api = FakeApi()
    api.__class__ = type("Elsewhere", (FakeApi,), {"server": server})
    with pytest.raises(LocalError, match="no IPv4 address is found for the API server"):
        configuration.own_address(api)


@pytest.mark.parametrize("key", ["addresses", "authority"])
def test_the_databases_of_the_clouds_take_neither_addresses_nor_an_authority(key: str) -> None:
    database = {"sku": "Standard_B1ms", "authentication": "password", key: "10.0.0.0/24"}
    with pytest.raises(SettingsError, match=rf"database\.{key} must not be set"):
        run(config={"crosscloud:database": database})
