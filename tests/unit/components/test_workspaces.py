from __future__ import annotations

import pytest

from components import settings
from tests.support.program import STACKS, deployed, run
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
