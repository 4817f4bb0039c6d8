"""Addresses: the public ones that the stack takes, and the one that this machine shows to the cluster."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from delivery.preflight.ask import Json, answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.cluster import QUOTA, left
from delivery.preflight.finding import Finding, failed, passed, skipped, warned

ADDRESS = "azure-native:network:PublicIPAddress"
QUOTAS = ("ipv4standardskupublicipaddresses", "standardskupublicipaddresses")
"""The names of the quota, the newer first."""
WHOSE = ("curl", "--silent", "--fail", "--max-time", "10", "https://checkip.amazonaws.com")
"""Asks a service outside which address it sees."""
SECTIONS = "docs/deploy.md, sections 6 and 9"


def own(deployment: Deployment) -> list[Json]:
    """Returns the public addresses that the stack has already."""
    group = deployment.needs.group
    found: list[Json] = answer_or([], deployment.ask.az, "network", "public-ip", "list", "--resource-group", group)
    return found


def public(deployment: Deployment) -> Finding:
    """Compares the quota of public addresses with those that the stack does not have yet."""
    needs, there = deployment.needs, len(own(deployment))
    # For outgoing connections the cluster makes itself one, where the program gives it none.
    by_azure = not there and needs.cluster["networkProfile"]["outboundType"] == "loadBalancer"
    more = max(0, len(needs.all(ADDRESS)) - there) + by_azure
    free_of = left(deployment.ask.az("network", "list-usages", "--location", needs.location))
    free, *_ = (free_of[name] for name in QUOTAS if name in free_of)
    if free < more:
        return failed(
            f"The stack takes {more} public addresses more; {free} are free in {needs.location}.",
            f"raise the quota of public IPv4 addresses, Standard: {QUOTA}",
        )
    return passed(f"{free} public addresses are free for {more}")


def of_this_machine(deployment: Deployment) -> Finding:
    """Looks whether the cluster's API server answers the address that this machine shows."""
    if not deployment.ask_address:
        return skipped("which address this machine shows, a service outside has to tell", "--ask-address")
    ranges = deployment.needs.cluster["apiServerAccessProfile"]["authorizedIPRanges"]
    networks = [ip_network(each) for each in ranges if "<" not in each]  # the stack's own address is not known yet
    text = deployment.ask.text(*WHOSE).strip()
    address = ip_address(text)
    if address.version != 4:
        return warned(
            f"This machine shows the address {address}, and cluster.authorizedIpRanges holds IPv4 only.",
            "look which IPv4 address the cluster will see: curl --ipv4 https://checkip.amazonaws.com",
        )
    if not any(address in network for network in networks):
        return failed(
            f"The cluster will not answer this machine: checkip.amazonaws.com sees {address} (of a proxy, if there is "
            f"one), and cluster.authorizedIpRanges has {', '.join(map(str, networks))}.",
            f"add {address}/32 to cluster.authorizedIpRanges in {deployment.needs.file} ({SECTIONS})",
        )
    return passed(f"the cluster will answer {address}")


CHECKS = (
    Check(name="quotas.addresses", look=public),
    Check(name="network.own-address", look=of_this_machine),
)
