"""The program's configuration in a cluster: the stack's file, what a cluster needs otherwise, and what it knows."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from cluster.api import Api, Object
from cluster.databases import authority
from local.errors import LocalError
from local.machine import Machine
from planning.certificates import pem
from planning.stack_file import read_config

SETTINGS = Path(__file__).with_name("settings.yaml")
DATABASE_PORT = 5432
NEIGHBOURS = 16
"""The prefix of the network that a node's load balancer is in: Docker gives such networks to kind and k3d."""
_PRIVATE = "10.0.0.0/8"
"""The pods' addresses of a cluster whose nodes name no network of their own."""


def configuration(machine: Machine, api: Api, stack: str) -> Mapping[str, object]:
    """Returns what is laid over the stack's file, by full keys. Raises LocalError."""
    project, texts, _ = read_config(machine.root, stack)
    over: dict[str, Any] = yaml.safe_load(SETTINGS.read_text())
    every = over.pop("everyService")
    own = over.pop("services")
    services = _group(texts, f"{project}:services")
    over["services"] = {name: {**(settings or {}), **every, **own.get(name, {})} for name, settings in services.items()}
    merged = {f"{project}:{group}": {**_group(texts, f"{project}:{group}"), **values} for group, values in over.items()}
    return {**merged, f"{project}:machine": _facts(machine, api)}


def _group(texts: Mapping[str, str], key: str) -> dict[str, Any]:
    group = json.loads(texts.get(key, "{}"))
    if not isinstance(group, dict):
        raise LocalError(f"{key} in the stack's file must be a mapping; it is {group!r}.")
    return group


def _facts(machine: Machine, api: Api) -> dict[str, object]:
    nodes = api.select("v1", "Node")
    network = _pods_network(nodes)
    internal = {a["address"] for node in nodes for a in node["status"]["addresses"] if a["type"] == "InternalIP"}
    # Connections of this machine reach an Envoy from a node, its network, or a load balancer beside it.
    callers = {
        f"{address}/{NEIGHBOURS}" for address in {own_address(api), *internal} if ip_address(address).version == 4
    }
    callers |= {str(network)}
    return {
        "issuer": machine.issuer_url,
        "ingressPort": machine.ports.ingress,
        "databasePort": DATABASE_PORT,
        "databases": {"addresses": str(network), "authority": pem(authority(machine).certificate)},
        "callers": sorted(str(IPv4Network(caller, strict=False)) for caller in callers),
    }


def _pods_network(nodes: list[Object]) -> IPv4Network:
    """Returns the network that all pods are in. Raises LocalError when they have no IPv4 addresses."""
    ranges = [
        each["spec"].get("podCIDRs") or [each["spec"]["podCIDR"]] for each in nodes if each["spec"].get("podCIDR")
    ]
    networks = {ip_network(cidr) for cidrs in ranges for cidr in cidrs}
    of_4 = [network for network in networks if isinstance(network, IPv4Network)]
    if networks and not of_4:
        raise LocalError(
            f"The pods of the cluster must have IPv4 addresses, which the stack's policies are made of; theirs are in "
            f"{', '.join(sorted(map(str, networks)))}. Use a cluster with IPv4, alone or besides IPv6."
        )
    return of_4[0] if len(of_4) == 1 else IPv4Network(_PRIVATE)


def own_address(api: Api) -> str:
    """Returns the address with which this machine's connections reach the cluster. Raises LocalError."""
    server = urlsplit(api.server)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # connects without sending anything
            probe.connect((server.hostname, server.port or 443))
            address: str = probe.getsockname()[0]
            return address
    except OSError as error:
        raise LocalError(
            f"The ingress lets in addresses that it knows, and that of this machine is not known: no IPv4 address is "
            f"found for the API server {api.server} ({error}). Name it in {api.target.kubeconfig} by an IPv4 address, "
            "or by a name that this machine resolves to one."
        ) from None
