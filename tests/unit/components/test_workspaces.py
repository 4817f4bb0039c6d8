from __future__ import annotations

import pytest
import yaml

from components import settings
from tests.support.program import ROOT, STACKS, deployed, run
from tests.support.services import SERVICES


@pytest.mark.parametrize("stack", STACKS)
def test_logs_are_read_with_identities_only(stack: str) -> None:
    workspace = deployed(stack, False).one("operationalinsights:Workspace")
    assert workspace["features.disableLocalAuth"] is True


def test_prod_keeps_logs_for_90_days_and_loses_none() -> None:
    workspace = deployed("prod", False).one("operationalinsights:Workspace")
    assert (workspace["retentionInDays"], workspace["workspaceCapping"]) == (90, None)


def test_dev_can_t_cost_more_than_its_cap() -> None:
    assert deployed("dev", False).one("operationalinsights:Workspace")["workspaceCapping.dailyQuotaGb"] == 1


def test_somebody_is_notified_in_prod() -> None:
    receivers = deployed("prod", False).one("ActionGroup")["emailReceivers"]
    assert [receiver["emailAddress"] for receiver in receivers] == ["platform@example.com"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_alert_is_enabled_and_notifies_the_same_people(stack: str) -> None:
    alerts = deployed(stack, False).all("MetricAlert")
    assert len({alert["scopes"][0] for alert in alerts}) == len(
        SERVICES
    )  # the databases; the cluster has rules of Prometheus
    for alert in alerts:
        assert alert["enabled"] is True
        assert ["monitoring-alerts" in action["actionGroupId"] for action in alert["actions"]] == [True]


@pytest.mark.parametrize("stack", STACKS)
def test_logs_of_cluster_registry_and_databases_are_kept_in_one_place(stack: str) -> None:
    settings = deployed(stack, False).all("DiagnosticSetting")
    assert {setting["resourceUri"].split("/")[-2] for setting in settings} == {"ManagedCluster", "Registry", "Server"}
    assert {"monitoring-logs" in setting["workspaceId"] for setting in settings} == {True}


def test_alerts_that_nobody_gets_are_refused_in_prod() -> None:
    with pytest.raises(settings.SettingsError, match=r"monitoring\.alertEmails must name somebody"):
        run(stack="prod", config={"crosscloud:monitoring": {}})


QUIET = "azure-native:alertsmanagement:AlertProcessingRuleByName"


def test_alerts_reach_nobody_while_dev_is_stopped() -> None:
    program = deployed("dev", False)
    rule = program.one(QUIET)["properties"]
    hours = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]["crosscloud:hours"]
    assert rule["enabled"] is True
    assert rule["actions"] == [{"actionType": "RemoveAllActionGroups"}]
    assert ["resourceGroups" in scope or "ResourceGroup" in scope for scope in rule["scopes"]] == [True]
    night, weekend = rule["schedule"]["recurrences"]
    assert rule["schedule"]["timeZone"] == "UTC"
    assert (night["startTime"], night["endTime"]) == (f"{hours['end']:02}:00:00", f"{hours['begin']:02}:30:00")
    assert weekend == {"recurrenceType": "Weekly", "daysOfWeek": ["Saturday", "Sunday"]}


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_alerts_of_a_stack_that_runs_at_all_hours_reach_people_at_all_hours(stack: str) -> None:
    assert deployed(stack, False).all(QUIET) == []


@pytest.mark.parametrize(
    ("stack", "config", "sentence"),
    [
        ("prod", {"crosscloud:hours": {"begin": 7, "end": 17}}, r"hours\.begin must not be set: people are served"),
        ("dev", {"crosscloud:hours": {"begin": 7}}, r"hours\.end must be set with begin"),
        ("dev", {"crosscloud:hours": {"begin": 7, "end": 7}}, r"hours\.end must be after begin, which is 7"),
        ("dev", {"crosscloud:hours": {"begin": 12, "end": 17}}, r"hours must hold the 4 hours of maintenance from"),
        ("dev", {"crosscloud:hours": {"begin": 7, "end": 14}}, r"hours must hold .* which are Wednesday and 11"),
    ],
)
def test_hours_that_can_t_be_are_refused(stack: str, config: dict[str, object], sentence: str) -> None:
    with pytest.raises(settings.SettingsError, match=sentence):
        run(stack=stack, config=config)


def test_hours_of_a_cluster_that_azure_does_not_stop_are_refused() -> None:
    cluster = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]["crosscloud:cluster"]
    with pytest.raises(settings.SettingsError, match=r"hours must be left out with cluster\.nodeAutoProvisioning"):
        run(stack="dev", config={"crosscloud:cluster": {**cluster, "nodeAutoProvisioning": True}})
