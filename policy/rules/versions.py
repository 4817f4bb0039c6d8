"""Rules of versions: they still get security fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from policy.lifetimes import FRESH_DAYS, LIFETIMES, lifetime, stale
from policy.rule import Finding, Resource, Rule, Stack

_PLACES = {
    "aws:lambda/function:Function": ("AWS Lambda runtime", "runtime"),
    "azure-native:containerservice:ManagedCluster": ("Kubernetes on AKS", "kubernetesVersion"),
    "azure-native:dbforpostgresql:Server": ("PostgreSQL", "version"),
}
"""The properties in which resources name the version of a product, by type."""
_CHARTS = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")
_ENVOY = "Envoy Gateway"

Clock = Callable[[], date]


def today() -> date:
    return datetime.now(UTC).date()


def versions_are_supported(stack: Stack, clock: Clock = today) -> Iterator[Finding]:
    for resource in stack.resources:
        for product, path, version in _versions(resource):
            yield from _judge(resource, product, path, version, clock())


def the_table_is_fresh(stack: Stack, clock: Clock = today) -> Iterator[Finding]:
    old = stale(clock())
    if old and stack.resources:
        yield Finding(
            property="policy/lifetimes.py",
            allowed=f"have been checked within {FRESH_DAYS} days",
            given=f"{min(row.checked for row in old)}",
            do=f"Look up {', '.join(sorted({row.product for row in old}))} at the rows' sources and set `checked`.",
        )


def charts_are_pinned(chart: Resource) -> Iterator[Finding]:
    version = str(chart.get("version", ""))
    if not version or version == "latest" or any(sign in version for sign in "*<>~^ "):
        yield Finding(
            property="version",
            allowed="be one version",
            given=version or None,
            do="Set it: otherwise each deployment may install another chart.",
        )


def _versions(resource: Resource) -> Iterator[tuple[str, str, str]]:
    if resource.type in _PLACES:
        product, path = _PLACES[resource.type]
        yield product, path, str(resource.get(path))
    elif resource.type in _CHARTS and "envoyproxy/gateway" in str(resource.get("chart")):
        yield _ENVOY, "version", ".".join(str(resource.get("version")).removeprefix("v").split(".")[:2])


def _judge(resource: Resource, product: str, path: str, version: str, now: date) -> Iterator[Finding]:
    row = lifetime(product, version)
    supported = sorted(row.version for row in LIFETIMES if row.product == product and row.ends > now)
    if row is None or row.ends <= now:
        yield Finding(
            property=path,
            allowed=f"be a supported version of {product} ({', '.join(supported)})",
            given=f"{version}, supported until {row.ends}" if row else version,
            do="Upgrade." if row else "Choose one of them, or add the version with its source to policy/lifetimes.py.",
            resource=resource,
        )


RULES = (
    Rule(
        name="versions-are-supported",
        why="A version that is no longer supported gets no security fixes",
        source="https://endoflife.date/",
        stack=versions_are_supported,
    ),
    Rule(
        name="the-table-is-fresh",
        why="Vendors move these dates; an old table approves versions that get no fixes any more",
        source="https://endoflife.date/",
        stack=the_table_is_fresh,
    ),
    Rule(
        name="charts-are-pinned",
        why="Two deployments of the same commit have to install the same",
        source="https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/",
        types=_CHARTS,
        resource=charts_are_pinned,
    ),
)
