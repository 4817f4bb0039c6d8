"""The cost of a change: of five typical ones of the program itself, and of what makes no difference."""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import Any

import pytest
import yaml

from planning.costs import prices, usage
from planning.costs.difference import Difference, difference
from planning.plan import Planned, plan
from tests.support.program import ROOT
from tests.unit.planning.costs.declared import CLUSTER, FUNCTION, QUEUE, SERVER, declare

PRICES = prices.read()
Change = dict[str, Any]


@functools.cache
def before(stack: str) -> list[Planned]:
    return plan(ROOT, stack)


def costs(stack: str, group: str, change: Change) -> Difference:
    """The cost of a change of one group of a stack's settings."""
    given = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"][f"crosscloud:{group}"]
    config = {f"crosscloud:{group}": _over(given, change)}
    return difference(stack, before(stack), plan(ROOT, stack, config=config))


def _over(given: Any, change: Change) -> Any:
    merged = copy.deepcopy(given)
    for key, value in change.items():
        merged[key] = _over(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def usd(price: str, quantity: float) -> float:
    """The amount of a quantity, to the cent."""
    return round(PRICES.rows[price].usd * quantity, 2)


@pytest.mark.slow
def test_another_size_of_the_nodes_costs_the_difference_of_an_hour_in_the_hours_of_the_nodes() -> None:
    found = costs("dev", "cluster", {"nodeSize": "Standard_D4ds_v5"})
    used = usage.read("dev")
    hours = used.of("nodes") * used.of("cluster-hours")
    assert [row.label for row in found.rows] == ["cluster (ManagedCluster)"]
    assert found.usd == pytest.approx(usd("node/Standard_D4ds_v5", hours) - usd("node/Standard_D2ds_v5", hours))
    assert (found.fixed, found.exact, found.uses) == (0, False, ["cluster-hours", "nodes"])


@pytest.mark.slow
def test_more_nodes_at_least_cost_as_many_as_are_more_than_was_assumed() -> None:
    used = usage.read("dev")
    assumed = used.of("nodes")
    found = costs("dev", "cluster", {"minNodes": 3, "maxNodes": 3})
    assert found.usd == pytest.approx(usd("node/Standard_D2ds_v5", (3 - assumed) * used.of("cluster-hours")), abs=0.01)
    (row,) = found.rows
    hours = {nodes: f"{nodes * used.of('cluster-hours'):,.0f}" for nodes in (assumed, 3)}
    before, after = (f"Nodes, Standard_D2ds_v5: {hours[nodes]} at 0.113 per hour" for nodes in (assumed, 3))
    assert row.why == f"{before} → {after}"


@pytest.mark.slow
def test_a_larger_database_costs_so_for_each_service() -> None:
    found = costs("dev", "database", {"tier": "GeneralPurpose", "sku": "Standard_D2ds_v5"})
    hours = usage.read("dev").of("database-hours")
    each = usd("database/Standard_D2ds_v5", hours) - usd("database/Standard_B1ms", hours)
    servers = [r.name for r in before("dev") if r.type == SERVER]
    of_servers = {row.label: row.usd for row in found.rows if "(Server)" in row.label}
    assert of_servers == {f"{name} (Server)": pytest.approx(each) for name in servers}
    assert found.usd == pytest.approx(sum(row.usd for row in found.rows))


@pytest.mark.slow
def test_a_standby_costs_what_the_server_does_with_its_storage() -> None:
    found = costs("prod", "database", {"highAvailability": "Disabled"})
    servers = [r for r in before("prod") if r.type == SERVER]
    each = usd("database/Standard_D2ds_v5", 2 * 730) - usd("database/Standard_D2ds_v5", 730)
    each += usd("database-storage", 2 * 64) - usd("database-storage", 64)
    assert found.usd == pytest.approx(-each * len(servers))
    assert (found.by_use, found.exact) == (0, True)


@pytest.mark.slow
def test_a_reservation_of_calls_is_free_but_for_the_alarm_that_it_brings() -> None:
    found = costs("dev", "functions", {"orchestrator": {"reservedConcurrency": 20}})
    assert [(row.label, row.usd) for row in found.rows] == [
        ("orchestrator-concurrency (MetricAlarm)", usd("alarms/metrics", 1))
    ]


@pytest.mark.slow
def test_environments_that_are_kept_warm_cost_memory_at_all_hours() -> None:
    found = costs("prod", "functions", {"orchestrator": {"provisionedConcurrency": 10}})
    assert found.usd == usd("functions/warm", 10 * 1.0 * 730 * 3600)


@pytest.mark.slow
def test_a_change_that_costs_nothing_says_so() -> None:
    found = costs("dev", "monitoring", {"alertEmails": ["ops@example.com"]})
    assert (found.usd, found.rows) == (0, ())


def stored(gigabytes: int, *, ignoring: tuple[str, ...] = (), name: str = "users") -> Planned:
    server = declare(SERVER, name, sku={"name": "Standard_B1ms"}, storage={"storageSizeGB": gigabytes})
    return dataclasses.replace(server, ignore_changes=ignoring)


def test_more_storage_costs_more() -> None:
    found = difference("dev", [stored(32)], [stored(64)])
    assert found.usd == pytest.approx(usd("database-storage", 64) - usd("database-storage", 32))
    assert (found.fixed, found.by_use) == (found.usd, 0)


def test_what_an_engine_leaves_as_it_is_costs_nothing() -> None:
    assert difference("dev", [stored(32)], [stored(64, ignoring=("storage.storageSizeGB",))]).rows == ()


def test_a_resource_that_was_renamed_with_an_alias_costs_nothing() -> None:
    former = stored(32, name="people")
    renamed = dataclasses.replace(stored(32), aliases=(former.urn,))
    assert difference("dev", [former], [renamed]).rows == ()
    found = difference("dev", [former], [stored(32)])
    assert {row.label: row.usd > 0 for row in found.rows} == {"users (Server)": True, "people (Server)": False}
    assert found.usd == 0


def test_what_comes_and_is_paid_by_use_is_named_and_not_counted() -> None:
    queue = declare(QUEUE, "orders")
    found = difference("dev", [queue], [queue, declare(QUEUE, "more"), declare(FUNCTION, "availability")])
    assert (found.usd, found.uncounted) == (0, ("more (Queue)", "availability (Function)"))


def test_one_of_two_equal_pools_less_is_said_as_one() -> None:
    pool = {"vmSize": "Standard_D2ds_v5", "count": 1, "osDiskType": "Ephemeral"}
    two, one = (declare(CLUSTER, "cluster", agentPoolProfiles=[pool] * number) for number in (2, 1))
    (row,) = difference("prod", [two], [one]).rows
    assert (row.usd, row.why, row.exact) == (
        -usd("node/Standard_D2ds_v5", 730),
        "Nodes, Standard_D2ds_v5: 730 at 0.113 per hour → nothing",
        False,
    )


def test_the_largest_change_stands_first() -> None:
    pools = [
        {"vmSize": size, "count": 1, "osDiskType": "Ephemeral"} for size in ("Standard_D2ds_v5", "Standard_D4ds_v5")
    ]
    small, large = (declare(CLUSTER, "cluster", agentPoolProfiles=[pool]) for pool in pools)
    found = difference("dev", [stored(32), small], [stored(64), large])
    assert [row.label for row in found.rows] == ["cluster (ManagedCluster)", "users (Server)"]
