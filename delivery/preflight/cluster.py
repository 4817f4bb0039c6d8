"""The cluster: its version of Kubernetes, its nodes' size, and the quota of cores that they take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from delivery.preflight.ask import Json, answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, warned
from delivery.preflight.needs import Properties

SECTION = "docs/deploy.md, section 2"
QUOTA = "https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas"


@dataclass(frozen=True, kw_only=True)
class Size:
    """A size of virtual machines, as a location has it."""

    family: str
    """The name of its quota, in lower case: lists differ in case."""
    cores: int
    capabilities: dict[str, str]
    nowhere: str
    """The reason why the subscription can't have it in the location; empty when it can."""
    zones: frozenset[str]
    """The zones in which the subscription can't have it."""


def running(deployment: Deployment) -> Properties | None:
    """Returns the cluster that is there already, or None: what it has needs no room any more."""
    needs, name = deployment.needs, deployment.needs.cluster["resourceName"]
    command = ("aks", "show", "--resource-group", needs.group, "--name", name)
    found: Properties | None = answer_or(None, deployment.ask.az, *command)
    return found


def size(deployment: Deployment) -> Size | None:
    """Returns the nodes' size, or None when the location does not have it."""
    needs = deployment.needs
    name = _pool(deployment)["vmSize"]
    listed = deployment.ask.az("vm", "list-skus", "--location", needs.location, "--size", name, "--all")
    found = next((each for each in listed if each["name"].casefold() == name.casefold()), None)
    if found is None:
        return None
    capabilities = {each["name"]: each["value"] for each in found["capabilities"]}
    restrictions = found.get("restrictions") or []
    return Size(
        family=found["family"].casefold(),
        cores=int(capabilities["vCPUs"]),
        capabilities=capabilities,
        nowhere=", ".join(each["reasonCode"] for each in restrictions if each["type"] == "Location"),
        zones=frozenset(
            zone for each in restrictions if each["type"] == "Zone" for zone in each["restrictionInfo"]["zones"]
        ),
    )


def node_size(deployment: Deployment) -> Finding:
    """Looks whether the subscription can have nodes of the size, in the zones and with the disk that are declared."""
    pool, found, place = _pool(deployment), size(deployment), deployment.needs.location
    name, zones = pool["vmSize"], set(pool.get("availabilityZones", ()))
    problem = ""
    if found is None:
        problem = f"{place} has no {name}"
    elif found.nowhere:
        problem = f"the subscription can't have {name} in {place} ({found.nowhere})"
    elif refused := sorted(zones & found.zones):
        problem = f"the subscription can't have {name} in the zones {', '.join(refused)} of {place}"
    elif pool["osDiskType"] == "Ephemeral" and found.capabilities.get("EphemeralOSDiskSupported") == "False":
        problem = f"{name} has no room for cluster.osDisk Ephemeral"
    if not problem:
        return passed(f"{place} has {name}")
    verdict = failed if running(deployment) is None else warned
    return verdict(
        f"The nodes: {problem}.", f"another cluster.nodeSize, azure.zones or azure.location; or ask Azure ({SECTION})"
    )


def cores(deployment: Deployment) -> Finding:
    """Compares the quota of cores with the nodes: those to begin with, and all of them during an upgrade."""
    needs, found = deployment.needs, size(deployment)
    if found is None:
        return warned(f"Nobody knows: {needs.location} does not list the nodes' size.", SECTION)
    pool, there = _pool(deployment), running(deployment)
    free_of = left(deployment.ask.az("vm", "list-usage", "--location", needs.location))
    # The nodes that run already are counted as used.
    own = found.cores * sum(
        each["count"] for each in (there or {}).get("agentPoolProfiles", ()) if each["vmSize"] == pool["vmSize"]
    )
    family, region = free_of[found.family] + own, free_of["cores"] + own
    first, most = found.cores * int(pool["count"]), found.cores * most_nodes(pool)
    free = min(family, region)
    command = f"raise the quota of {found.family if family <= region else 'all cores of the region'} to {QUOTA}"
    if free < first:
        return failed(f"The first nodes take {first} cores of {pool['vmSize']}; {free} are free.", command)
    if free < most:
        return warned(
            f"All nodes and those of an upgrade take {most} cores of {pool['vmSize']}; {free} are free.", command
        )
    return passed(f"{free} cores are free for {most} of {pool['vmSize']}")


def left(listed: Json) -> dict[str, int]:
    """Returns how much is left of each quota that Azure lists, by its name in lower case: lists differ in case."""
    return {each["name"]["value"].casefold(): int(each["limit"]) - int(each["currentValue"]) for each in listed}


def most_nodes(pool: Properties) -> int:
    """Returns how many nodes a pool has at most, with those that an upgrade adds."""
    nodes = int(pool["maxCount"] if "maxCount" in pool else pool["count"])
    surge = str(pool["upgradeSettings"]["maxSurge"])
    more = math.ceil(nodes * int(surge.rstrip("%")) / 100) if surge.endswith("%") else int(surge)
    return nodes + more


def version(deployment: Deployment) -> Finding:
    """Looks whether the location has the minor version of Kubernetes."""
    needs = deployment.needs
    wanted, plan = needs.cluster["kubernetesVersion"], needs.cluster["supportPlan"]
    listed = {
        each["version"]: each
        for each in deployment.ask.az("aks", "get-versions", "--location", needs.location)["values"]
    }
    if not listed:
        raise ValueError("no version is listed")
    found = listed.get(wanted)
    if found is None:
        there = running(deployment)
        runs = there is not None and str(there.get("currentKubernetesVersion", "")).startswith(f"{wanted}.")
        verdict = warned if runs else failed
        return verdict(
            f"{needs.location} has no Kubernetes {wanted}; it has {', '.join(sorted(listed))}.",
            f"another cluster.kubernetesVersion ({SECTION})",
        )
    if found.get("isPreview"):
        return warned(f"Kubernetes {wanted} is a preview in {needs.location}.", f"an earlier one ({SECTION})")
    plans = (found.get("capabilities") or {}).get("supportPlan") or [plan]
    if plan not in plans:
        return warned(
            f"Kubernetes {wanted} has the support plans {', '.join(plans)} in {needs.location}, not {plan}.",
            f"a later cluster.kubernetesVersion ({SECTION})",
        )
    return passed(f"{needs.location} has Kubernetes {wanted}")


def _pool(deployment: Deployment) -> Properties:
    """Returns the pool of nodes that the program declares."""
    (pool,) = deployment.needs.cluster["agentPoolProfiles"]
    found: Properties = pool
    return found


CHECKS = (
    Check(name="kubernetes.version", look=version),
    Check(name="quotas.node-size", look=node_size),
    Check(name="quotas.vcpus", look=cores),
)
