"""The charges of Azure, by type of resource."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planning.costs.charges import Charge, Declared, Line, at, named
from planning.costs.usage import MONTH, PLACE
from planning.errors import CostError
from planning.plan import Planned

_CLUSTER = "azure-native:containerservice:ManagedCluster"
_SERVER = "azure-native:dbforpostgresql:Server"
_WORKSPACE = "azure-native:operationalinsights:Workspace"
_METRICS = "azure-native:monitor:AzureMonitorWorkspace"
_ALERT, _MAIL = "azure-native:monitor:MetricAlert", "azure-native:monitor:ActionGroup"
_ADDRESS, _GATEWAY = "azure-native:network:PublicIPAddress", "azure-native:network:NatGateway"
_REGISTRY, _ZONE = "azure-native:containerregistry:Registry", "azure-native:privatedns:PrivateZone"

_DISKS = ((7, 128), (15, 256), (63, 512))
"""Gigabytes of a node's disk that says none, up to so many cores
(https://learn.microsoft.com/azure/aks/concepts-storage#default-os-disk-sizing)."""
_LARGEST_DISK = 1024
_FREE_DAYS = 31
"""Days for which Log Analytics keeps logs at no price."""
_SAMPLES_AN_HOUR = 120
"""Samples of a series: the agents take one each half minute."""


def _cores(size: str, whose: str) -> int:
    if found := re.match(r"Standard_[A-Z]+(\d+)", size):
        return int(found[1])
    raise CostError(f"{whose} is {size}: a size of which the cores can't be told. It begins as Standard_D2ds_v5 does.")


def _clusters(stack: Declared) -> Iterator[Line]:
    for cluster in stack.of(_CLUSTER):
        hours, uses = stack.running("cluster-hours")
        tier = stack.prices.variant("cluster", at(cluster, "sku.tier", "Free"), whose=named(cluster, "sku.tier"))
        yield stack.line(tier, hours, resource=cluster, uses=uses)
        cores = 0.0
        for number, pool in enumerate(at(cluster, "agentPoolProfiles", [])):
            where = f"agentPoolProfiles[{number}]"
            size, whose = pool["vmSize"], named(cluster, f"{where}.vmSize")
            nodes, of_nodes = _nodes(stack, pool)
            price = stack.prices.variant("node", size, whose=whose)
            yield stack.line(price, nodes * hours, resource=cluster, uses=[*of_nodes, *uses])
            cores += nodes * _cores(size, whose)
            if pool.get("osDiskType") != "Ephemeral":
                gigabytes = pool.get("osDiskSizeGB") or _default_disk(_cores(size, whose))
                disk = stack.prices.variant("disk", str(gigabytes), whose=named(cluster, f"{where}.osDiskSizeGB"))
                yield stack.line(disk, nodes, resource=cluster, uses=of_nodes)
        if at(cluster, "nodeProvisioningProfile.mode") == "Auto":
            for size, nodes in stack.usage.variants("provisioned-nodes").items():
                use = f"provisioned-nodes/{size}"
                price = stack.prices.variant("node", size, whose=f"{PLACE}: {use}")
                yield stack.line(price, nodes * hours, resource=cluster, uses=[use, *uses])
                cores += nodes * _cores(size, use)
        if at(cluster, "securityProfile.defender.securityMonitoring.enabled"):
            yield stack.line("defender/cores", cores, resource=cluster)
        yield from _ways(stack, cluster)


def _nodes(stack: Declared, pool: dict[str, object]) -> tuple[float, tuple[str, ...]]:
    """Returns how many nodes a pool has, and the assumption that they are: the autoscaler decides within its bounds."""
    if not pool.get("enableAutoScaling"):
        return float(str(pool["count"])), ()
    least, most = float(str(pool["minCount"])), float(str(pool["maxCount"]))
    return min(max(stack.usage.of("nodes"), least), most), () if least == most else ("nodes",)


def _default_disk(cores: int) -> int:
    return next((size for most, size in _DISKS if cores <= most), _LARGEST_DISK)


def _ways(stack: Declared, cluster: Planned) -> Iterator[Line]:
    """Yields what a cluster makes by itself to be reached, and to reach others. It stays while it is stopped."""
    yield stack.line("load-balancer/hours", MONTH, resource=cluster)
    yield stack.by_use("load-balancer/data", "load-balancer-data", resource=cluster)
    if at(cluster, "networkProfile.outboundType", "loadBalancer") == "loadBalancer":
        yield stack.line("address/Standard", MONTH, resource=cluster)


def _servers(stack: Declared) -> Iterator[Line]:
    hours, uses = stack.running("database-hours")
    for server in stack.of(_SERVER):
        servers = 1 if at(server, "highAvailability.mode", "Disabled") == "Disabled" else 2
        size = stack.prices.variant("database", at(server, "sku.name"), whose=named(server, "sku.name"))
        yield stack.line(size, servers * hours, resource=server, uses=uses)
        yield stack.line("database-storage", servers * at(server, "storage.storageSizeGB", 0), resource=server)
        if at(server, "backup.geoRedundantBackup") == "Enabled":
            yield stack.by_use("database-backups", "database-backups", resource=server)


def _workspaces(stack: Declared) -> Iterator[Line]:
    hours, uses = stack.running("cluster-hours")
    for workspace in stack.of(_WORKSPACE):
        sku = stack.prices.variant("log-analytics", at(workspace, "sku.name"), whose=named(workspace, "sku.name"))
        most = at(workspace, "workspaceCapping.dailyQuotaGb", float("inf")) * hours / 24
        taken = min(stack.usage.of("cluster-logs") * hours / MONTH, most)
        yield stack.line(sku, taken, resource=workspace, uses=["cluster-logs", *uses])
        months = max(at(workspace, "retentionInDays", _FREE_DAYS) - _FREE_DAYS, 0) / 30
        yield stack.line("log-analytics-kept", taken * months, resource=workspace, uses=["cluster-logs", *uses])


def _metrics(stack: Declared) -> Iterator[Line]:
    hours, uses = stack.running("cluster-hours")
    for workspace in stack.of(_METRICS):
        samples = stack.usage.of("series") * _SAMPLES_AN_HOUR * hours
        yield stack.line("prometheus/samples", samples / 1e7, resource=workspace, uses=["series", *uses])


def _alerts(stack: Declared) -> Iterator[Line]:
    for alert in stack.of(_ALERT):
        series = len(at(alert, "criteria.allOf", [])) * len(at(alert, "scopes", []))
        yield stack.line("alerts/series", series, resource=alert)


def _addresses(stack: Declared) -> Iterator[Line]:
    for address in stack.of(_ADDRESS):
        sku = stack.prices.variant("address", at(address, "sku.name", "Basic"), whose=named(address, "sku.name"))
        yield stack.line(sku, MONTH, resource=address)


def _gateways(stack: Declared) -> Iterator[Line]:
    for gateway in stack.of(_GATEWAY):
        yield stack.line("nat-gateway/hours", MONTH, resource=gateway)
        yield stack.by_use("nat-gateway/data", "nat-gateway-data", resource=gateway)


def _registries(stack: Declared) -> Iterator[Line]:
    for registry in stack.of(_REGISTRY):
        sku = stack.prices.variant("registry", at(registry, "sku.name"), whose=named(registry, "sku.name"))
        yield stack.line(sku, 1, resource=registry)


def _zones(stack: Declared) -> Iterator[Line]:
    for zone in stack.of(_ZONE):
        yield stack.line("private-zone", 1, resource=zone)


CHARGES = (
    Charge(types=(_CLUSTER,), lines=_clusters),
    Charge(types=(_ADDRESS,), lines=_addresses),
    Charge(types=(_GATEWAY,), lines=_gateways),
    Charge(types=(_REGISTRY,), lines=_registries),
    Charge(types=(_SERVER,), lines=_servers),
    Charge(types=(_WORKSPACE,), lines=_workspaces),
    Charge(types=(_METRICS,), lines=_metrics),
    Charge(types=(_ALERT,), lines=_alerts),
    Charge(types=(_MAIL,), lines=lambda stack: iter([stack.by_use("alerts/mails", "alert-mails")])),
    Charge(types=(_ZONE,), lines=_zones),
    Charge(types=(), lines=lambda stack: iter([stack.by_use("traffic/out-of-azure", "traffic-out-of-azure")])),
)
