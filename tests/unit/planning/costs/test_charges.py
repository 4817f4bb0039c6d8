"""The charges of each type of resource: how many units of which price its properties make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planning.costs.cost import cost_of
from planning.errors import CostError
from tests.unit.planning.costs.declared import CLUSTER, FUNCTION, PRICES, QUEUE, SERVER, assume, declare, lines

MONTH = 730.0
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
WORKSPACE = "azure-native:operationalinsights:Workspace"


def cluster(size: str = "Standard_D2ds_v5", **properties: Any) -> Any:
    pool = {"vmSize": size, "count": 1, "osDiskType": "Ephemeral", **properties.pop("pool", {})}
    return declare(CLUSTER, agentPoolProfiles=[pool], sku={"tier": "Free"}, **properties)


def server(**properties: Any) -> Any:
    sizes = {"sku": {"name": "Standard_B1ms"}, "storage": {"storageSizeGB": 32}}
    return declare(SERVER, **{**sizes, **properties})


def test_nodes_are_paid_by_the_hour_and_a_pool_without_an_autoscaler_has_as_many_as_it_says() -> None:
    line = lines(cluster(pool={"count": 3}))["node/Standard_D2ds_v5"]
    assert (line.quantity, line.uses) == (3 * MONTH, ())


@pytest.mark.parametrize(("least", "most", "nodes"), [(1, 3, 2), (3, 5, 3), (1, 1, 1)])
def test_an_autoscaler_has_the_nodes_that_are_assumed_within_its_bounds(least: int, most: int, nodes: int) -> None:
    pool = {"enableAutoScaling": True, "minCount": least, "maxCount": most}
    line = lines(cluster(pool=pool))["node/Standard_D2ds_v5"]
    assert line.quantity == nodes * MONTH
    assert line.uses == (("nodes",) if least < most else ())


def test_nodes_that_azure_adds_are_assumed() -> None:
    provisioned = cluster("Standard_D4ds_v5", nodeProvisioningProfile={"mode": "Auto"})
    found = lines(provisioned, uses={"provisioned-nodes/Standard_D2ds_v5": 3})
    assert (found["node/Standard_D4ds_v5"].quantity, found["node/Standard_D4ds_v5"].uses) == (MONTH, ())
    assert found["node/Standard_D2ds_v5"].quantity == 3 * MONTH
    assert found["node/Standard_D2ds_v5"].uses == ("provisioned-nodes/Standard_D2ds_v5",)


def test_nodes_that_are_assumed_need_a_price_too() -> None:
    provisioned = cluster(nodeProvisioningProfile={"mode": "Auto"})
    with pytest.raises(
        CostError, match=r"usage\.yaml: provisioned-nodes/Standard_D8ds_v5 is Standard_D8ds_v5, which has"
    ):
        lines(provisioned, uses={"provisioned-nodes/Standard_D8ds_v5": 3})


def test_a_cluster_that_is_stopped_costs_nodes_in_its_hours_and_a_load_balancer_at_all() -> None:
    found = lines(cluster(), uses={"cluster-hours": 220})
    assert (found["node/Standard_D2ds_v5"].quantity, found["node/Standard_D2ds_v5"].uses) == (220, ("cluster-hours",))
    assert found["load-balancer/hours"].quantity == MONTH


@pytest.mark.parametrize(("outbound", "addresses"), [("loadBalancer", 1), ("userAssignedNATGateway", 0)])
def test_a_load_balancer_for_what_goes_out_has_an_address(outbound: str, addresses: int) -> None:
    found = lines(cluster(networkProfile={"outboundType": outbound}))
    assert ("address/Standard" in found) == bool(addresses)


@pytest.mark.parametrize(
    ("pool", "disk"),
    [({"osDiskType": "Managed"}, 128), ({"osDiskType": "Managed", "osDiskSizeGB": 32}, 32), ({}, None)],
)
def test_the_disk_of_a_node_is_paid_unless_it_is_its_own(pool: dict[str, Any], disk: int | None) -> None:
    found = {id_: line.quantity for id_, line in lines(cluster(pool=pool)).items() if id_.startswith("disk/")}
    assert found == ({f"disk/{disk}": 1} if disk else {})


def test_defender_is_paid_by_core() -> None:
    watched = cluster("Standard_D4ds_v5", securityProfile={"defender": {"securityMonitoring": {"enabled": True}}})
    assert lines(watched)["defender/cores"].quantity == 4


def test_a_standby_is_paid_as_the_server_is() -> None:
    alone, twice = lines(server()), lines(server(highAvailability={"mode": "ZoneRedundant"}))
    assert {id_: 2 * (line.quantity or 0) for id_, line in alone.items()} == {
        id_: line.quantity for id_, line in twice.items()
    }


def test_a_server_that_is_stopped_costs_its_storage() -> None:
    found = lines(server(), uses={"database-hours": 220})
    assert (found["database/Standard_B1ms"].quantity, found["database-storage"].quantity) == (220, 32)


def test_backups_elsewhere_depend_on_a_use_of_which_nothing_is_known() -> None:
    line = lines(server(backup={"geoRedundantBackup": "Enabled"}))["database-backups"]
    assert (line.quantity, line.cents) == (None, 0)


@pytest.mark.parametrize(("cap", "hours", "taken"), [(None, 730, 9), (None, 365, 4.5), (0.1, 240, 1)])
def test_logs_are_taken_while_the_cluster_runs_and_up_to_the_cap(cap: float | None, hours: float, taken: float) -> None:
    capping = {"workspaceCapping": {"dailyQuotaGb": cap}} if cap else {}
    workspace = declare(WORKSPACE, sku={"name": "PerGB2018"}, retentionInDays=91, **capping)
    found = lines(workspace, uses={"cluster-hours": hours})
    assert found["log-analytics/PerGB2018"].quantity == pytest.approx(taken, rel=0.02)
    assert found["log-analytics-kept"].quantity == 2 * (found["log-analytics/PerGB2018"].quantity or 0)


@pytest.mark.parametrize(
    ("queries", "metrics"),
    [(None, 1), ([{"metric": {}}, {"expression": "FILL(part, 0)"}], 1), ([{"metric": {}}, {"metric": {}}], 2)],
)
def test_an_alarm_is_paid_by_the_metrics_that_it_looks_at(queries: Any, metrics: int) -> None:
    assert lines(declare(ALARM, metricQueries=queries))["alarms/metrics"].quantity == metrics


def test_a_call_is_paid_by_its_time_and_the_memory_of_its_function() -> None:
    found = lines(declare(FUNCTION, "orders", memorySize=512), uses={"calls/orders": 2})
    assert found["functions/calls"].quantity == 2
    assert found["functions/duration"].quantity == 2e6 * 0.1 * 0.5


def test_of_the_calls_of_a_new_function_nothing_is_known() -> None:
    found = lines(declare(FUNCTION, "availability"))
    assert {line.quantity for line in found.values()} == {None}


def test_an_environment_that_is_kept_warm_is_paid_at_all_hours() -> None:
    function = declare(FUNCTION, "orders", memorySize=512)
    warm = declare(
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        "orders",
        provisionedConcurrentExecutions=2,
    )
    assert lines(warm, function)["functions/warm"].quantity == 2 * 0.5 * MONTH * 3600


def test_the_clients_of_programs_are_counted_in_their_template() -> None:
    made = {"smoke": {"Type": "AWS::Cognito::UserPoolClient"}, "erp": {"Type": "AWS::Cognito::UserPoolClient"}}
    template = json.dumps({"Resources": made})
    assert lines(declare("aws:cloudformation/stack:Stack", templateBody=template))["clients/registered"].quantity == 2


def test_the_functions_metrics_grow_with_routes_and_services() -> None:
    def metrics(*resources: Any) -> float:
        cost = cost_of(resources, assume(), PRICES)
        (line,) = (line for line in cost.lines if line.price.id == "metrics/written")
        return line.quantity or 0

    routes = [
        declare("aws:apigatewayv2/route:Route", name, target=f"integrations/<Integration {name}.id>")
        for name in ("orchestrator", "orders")
    ]
    service = declare("crosscloud:service:Microservice")
    assert metrics(*routes) == metrics() + 3
    assert metrics(*routes, service) == metrics() + 6


def test_what_all_queues_cost_together_is_no_single_one_s() -> None:
    cost = cost_of([declare(QUEUE, "a"), declare(QUEUE, "b")], assume({"queue-requests": 5}), PRICES)
    (line,) = (line for line in cost.lines if line.price.id == "queues/requests")
    assert (line.quantity, line.resource) == (5, None)


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        (cluster("Standard_D8ds_v5"), r"ManagedCluster one: agentPoolProfiles\[0\]\.vmSize is Standard_D8ds_v5"),
        (cluster(pool={"osDiskType": "Managed", "osDiskSizeGB": 96}), r"osDiskSizeGB is 96, which has no price"),
        (server(sku={"name": "Standard_B2s"}), r"Server one: sku\.name is Standard_B2s, which has no price"),
        (declare(WORKSPACE, sku={"name": "CapacityReservation"}), r"sku\.name is CapacityReservation"),
    ],
)
def test_a_size_without_a_price_is_refused_with_the_property_and_the_place_of_a_price(
    resource: Any, sentence: str
) -> None:
    with pytest.raises(CostError, match=rf"{sentence}.*planning/costs/prices\.yaml"):
        cost_of([resource], assume(), PRICES)
