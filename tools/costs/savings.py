"""The ways by which dev costs less than it could: what each saves, and what dev gives up for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from planning.costs.cost import Cost, amount, cost_of
from planning.costs.prices import Prices
from planning.costs.usage import MONTH, Usage
from planning.plan import Planned

Stack = tuple[Sequence[Planned], Usage]
"""The declarations of a stack, and the assumptions of its use."""

_CLUSTER = "azure-native:containerservice:ManagedCluster"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way by which dev costs less."""

    what: str
    without: Callable[[Stack], Stack]
    """Returns dev without it."""
    price: str
    """The things that dev gives up for it."""


def _hours(**values: float) -> Callable[[Stack], Stack]:
    return lambda stack: (stack[0], stack[1].other(**values))


def _managed_disks(stack: Stack) -> Stack:
    """Returns the stack with the nodes' system on disks of the usual size."""

    def pool(properties: dict[str, Any]) -> dict[str, Any]:
        return {**properties, "osDiskType": "Managed", "osDiskSizeGB": None}

    def resource(planned: Planned) -> Planned:
        if planned.type != _CLUSTER:
            return planned
        pools = [pool(each) for each in planned.properties["agentPoolProfiles"]]
        return dataclasses.replace(planned, properties={**planned.properties, "agentPoolProfiles": pools})

    return [resource(each) for each in stack[0]], stack[1]


TAKEN = (
    Way(
        what="the cluster is stopped outside of `hours`",
        without=_hours(cluster_hours=MONTH),
        price="at night and at weekends dev answers 503, and who needs it then [starts it by hand]"
        "(deploy.md#the-hours-of-dev), which takes some ten minutes; an order that is placed then ends as a dead "
        "letter; upgrades come in working hours, when people notice them; where the region is short of nodes Azure may "
        "refuse to start it in the morning",
    ),
    Way(
        what="the databases are stopped with it",
        without=_hours(database_hours=MONTH),
        price="nothing more while the cluster is stopped; a look into a database then needs a start, too",
    ),
    Way(
        what="the nodes' system is on their own disk, of 64 GB",
        without=_managed_disks,
        price="half of the usual room for images; what pods write to a node is gone at every stop, as it is at every "
        "upgrade; Azure can't change it in a cluster that is there",
    ),
    Way(
        what="callers use dev in its hours alone",
        without=_hours(function_metric_hours=MONTH / 2, tokens=MONTH / 1000),
        price="nothing that works; it is assumed that programs ask for tokens and functions write metrics then",
    ),
)
"""The ways that are taken, from what Kubernetes saves to what is assumed."""


def before(stack: Stack, priced: Prices) -> float:
    """Returns what dev would cost without all of it."""
    for way in TAKEN:
        stack = way.without(stack)
    return cost_of(*stack, priced).usd


def saved(way: Way, cost: Cost, stack: Stack, priced: Prices) -> float:
    """Returns what a way saves: the others stay."""
    return cost_of(*way.without(stack), priced).usd - cost.usd


def left(cost: Cost, priced: Prices) -> dict[str, tuple[float, str]]:
    """Returns what more could be saved, and what dev would give up for it."""
    of = {id_: [line for line in cost.lines if line.price.id == id_] for id_ in (_LOGS, _METRICS)}
    share = 1 - priced.rows[_BASIC].usd / priced.rows[_LOGS].usd
    return {
        "logs in the plan Basic": (
            share * amount(of[_LOGS]),
            "a query reads one table, for a price by what it reads, and no alert looks at them",
        ),
        "no managed Prometheus": (amount(of[_METRICS]), "no alerts on services and nodes, no metrics for a delivery"),
    }


_LOGS, _BASIC, _METRICS = "log-analytics/PerGB2018", "log-analytics-basic", "prometheus/samples"
