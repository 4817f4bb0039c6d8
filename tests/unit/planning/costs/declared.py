"""Resources that a test declares, and prices and uses that it makes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planning.costs import prices
from planning.costs.charges import Line
from planning.costs.cost import cost_of
from planning.costs.usage import STACKS, Assumption, Usage
from planning.plan import Planned

PRICES = prices.read()
CLUSTER = "azure-native:containerservice:ManagedCluster"
SERVER = "azure-native:dbforpostgresql:Server"
FUNCTION = "aws:lambda/function:Function"
QUEUE = "aws:sqs/queue:Queue"
USES = {
    "call-seconds": 0.1,
    "cluster-hours": 730.0,
    "database-hours": 730.0,
    "function-metric-hours": 730.0,
    "nodes": 2.0,
    "cluster-logs": 9.0,
    "series": 6000.0,
}
"""The assumptions that any stack needs."""


def declare(type_: str, name: str = "one", **properties: Any) -> Planned:
    urn = f"urn:pulumi:dev::crosscloud::{type_}::{name}"
    custom = not type_.startswith("crosscloud:")
    return Planned(urn=urn, type=type_, name=name, parent="", dependencies=(), properties=properties, custom=custom)


def assume(uses: Mapping[str, float] | None = None) -> Usage:
    """The assumptions that any stack needs, and those of a test."""
    rows = {
        id_: Assumption(id=id_, unit="units", because="a test", values=dict.fromkeys(STACKS, value))
        for id_, value in {**USES, **(uses or {})}.items()
    }
    return Usage(stack="dev", assumptions=rows)


def lines(*resources: Planned, uses: Mapping[str, float] | None = None) -> dict[str, Line]:
    """The lines that resources are paid by, each once, by their prices."""
    own = [line for line in cost_of(resources, assume(uses), PRICES).lines if line.resource in resources]
    assert len({line.price.id for line in own}) == len(own)
    return {line.price.id: line for line in own}
