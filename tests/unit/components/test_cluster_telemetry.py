from __future__ import annotations

import pytest

from tests.support.program import STACKS, Declared, Program, deployed


def rule_of(program: Program, association: str) -> Declared:
    (found,) = [a for a in program.all("DataCollectionRuleAssociation") if a["associationName"] == association]
    return program.one("DataCollectionRule", found.name)


@pytest.mark.parametrize("stack", STACKS)
def test_both_rules_hold_for_the_cluster(stack: str) -> None:
    program = deployed(stack, False)
    associations = program.all("DataCollectionRuleAssociation")
    assert {a["associationName"] for a in associations} == {"ContainerMetrics", "ContainerInsightsExtension"}
    assert {a["resourceUri"].rpartition("/")[2] for a in associations} == {f"crosscloud-{stack}"}


@pytest.mark.parametrize("stack", STACKS)
def test_metrics_go_to_the_metrics_workspace_and_logs_to_the_logs(stack: str) -> None:
    program = deployed(stack, False)
    metrics = rule_of(program, "ContainerMetrics")
    assert "monitoring-metrics" in metrics["destinations.monitoringAccounts.0.accountResourceId"]
    assert metrics["dataCollectionEndpointId"]
    logs = rule_of(program, "ContainerInsightsExtension")
    assert "monitoring-logs" in logs["destinations.logAnalytics.0.workspaceResourceId"]
    assert logs["dataSources.extensions.0.extensionSettings.dataCollectionSettings.namespaces"] == [
        "apps",
        "envoy-gateway-system",
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_who_changed_the_cluster_is_on_record(stack: str) -> None:
    setting = deployed(stack, False).one("DiagnosticSetting", "cluster-control-plane")
    enabled = {log["category"] for log in setting["logs"] if log["enabled"]}
    assert {"kube-audit-admin", "guard"} <= enabled
    assert "monitoring-logs" in setting["workspaceId"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_cluster_sends_what_the_rules_collect(stack: str) -> None:
    cluster = deployed(stack, False).one("ManagedCluster")
    assert cluster["azureMonitorProfile.metrics.enabled"] is True
    assert cluster["addonProfiles.omsagent.enabled"] is True
    assert cluster["addonProfiles.omsagent.config.useAADAuth"] == "true"
