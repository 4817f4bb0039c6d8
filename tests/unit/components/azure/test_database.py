from __future__ import annotations

import pytest

from tests.support.clouds import principal_of
from tests.support.program import STACKS, Program, deployed, run
from tests.support.services import SERVICES

CLOUDS = ["dev", "prod"]


def url(program: Program) -> str:
    return str(program.one("core/v1:Secret", "users-database")["stringData"]["url"])


@pytest.mark.parametrize("stack", CLOUDS)
def test_there_is_no_password_and_the_service_s_identity_owns_its_server(stack: str) -> None:
    program = deployed(stack, False)
    server, owner = program.one("dbforpostgresql:Server", "users"), program.one("AdministratorsMicrosoftEntra", "users")
    assert server["authConfig"] == {
        "activeDirectoryAuth": "Enabled",
        "passwordAuth": "Disabled",
        "tenantId": "00000000-0000-0000-0000-000000000000",
    }
    assert server["administratorLoginPassword"] is None
    assert not program.all("RandomPassword")
    assert owner["objectId"] == principal_of("users")
    assert owner["principalType"] == "ServicePrincipal"


@pytest.mark.parametrize("stack", CLOUDS)
def test_service_connects_as_its_identity_over_verified_tls(stack: str) -> None:
    program = deployed(stack, False)
    role = program.one("AdministratorsMicrosoftEntra", "users")["principalName"]
    assert url(program) == (
        f"postgresql://{role}@users1a2b3c4d.postgres.database.azure.com:5432/users?sslmode=verify-full"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_server_is_reached_through_the_virtual_network_only(stack: str) -> None:
    network = deployed(stack, False).one("dbforpostgresql:Server", "users")["network"]
    assert network["publicNetworkAccess"] == "Disabled"
    assert network["delegatedSubnetResourceId"].endswith("/subnets/databases")
    assert "/PrivateZone/" in network["privateDnsZoneArmResourceId"]


def test_password_of_this_machine_is_generated_and_secret() -> None:
    program = deployed("local", False)
    server = program.one("dbforpostgresql:Server", "users")
    assert (server["authConfig.activeDirectoryAuth"], server["authConfig.passwordAuth"]) == ("Disabled", "Enabled")
    assert server["administratorLogin"] == "users"
    assert "administratorLoginPassword" in server.secrets
    assert program.one("RandomPassword", "users")["length"] >= 32
    assert url(program) == (
        "postgresql://users:generated-users@users1a2b3c4d.postgres.database.azure.com:5433/users?sslmode=disable"
    )


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [True, False])
def test_url_is_secret(stack: str, preview: bool) -> None:
    program = deployed(stack, preview)
    assert program.component_secrets[program.one("crosscloud:azure:Database", "users").urn] == {"url"}


def test_password_needs_no_quoting_in_a_url() -> None:
    assert deployed("local", False).one("RandomPassword", "users")["special"] is False


@pytest.mark.parametrize("stack", STACKS)
def test_pods_start_after_their_database_and_its_owner(stack: str) -> None:
    program = deployed(stack, False)
    waits = program.after(program.one("Deployment", "users"))
    owners = [owner for owner in program.all("AdministratorsMicrosoftEntra") if owner.name == "users"]
    needed = [program.one("dbforpostgresql:Database", "users"), *owners]
    assert {resource.urn for resource in needed} <= waits


def test_server_takes_one_change_at_a_time() -> None:
    program = deployed("prod", False)
    owner = program.one("AdministratorsMicrosoftEntra", "users")
    assert program.one("dbforpostgresql:Database", "users").urn in owner.dependencies


def test_prod_survives_a_zone_and_keeps_backups_longer() -> None:
    server = deployed("prod", False).one("dbforpostgresql:Server", "users")
    assert server["highAvailability.mode"] == "ZoneRedundant"
    assert server["backup.backupRetentionDays"] == 14


@pytest.mark.parametrize("stack", STACKS)
def test_servers_are_updated_on_a_quiet_day_that_is_not_the_cluster_s(stack: str) -> None:
    program = deployed(stack, False)
    window = program.one("dbforpostgresql:Server", "users")["maintenanceWindow"]
    assert window == {"customWindow": "Enabled", "dayOfWeek": 6, "startHour": 2, "startMinute": 0}
    days = {w["maintenanceWindow.schedule.weekly.dayOfWeek"] for w in program.all("MaintenanceConfiguration")}
    assert days == {"Sunday"}


@pytest.mark.parametrize("stack", STACKS)
def test_data_is_stored_as_unicode_in_the_service_s_own_database(stack: str) -> None:
    database = deployed(stack, False).one("dbforpostgresql:Database", "users")
    assert (database["databaseName"], database["charset"]) == ("users", "UTF8")


@pytest.mark.parametrize(("stack", "connections"), [("dev", 28), ("prod", 675)])
def test_somebody_is_notified_before_a_database_is_full_busy_or_away(stack: str, connections: int) -> None:
    program = deployed(stack, False)
    for service in SERVICES:
        alerts = [alert for alert in program.all("MetricAlert") if alert.name.startswith(f"{service}-database-")]
        watched = {alert["criteria.allOf.0.metricName"]: alert for alert in alerts}
        assert set(watched) == {"is_db_alive", "storage_percent", "cpu_percent", "active_connections"}
        assert watched["active_connections"]["criteria.allOf.0.threshold"] == connections
        assert watched["is_db_alive"]["criteria.allOf.0.operator"] == "LessThan"
        for alert in alerts:
            (scope,) = alert["scopes"]
            assert scope.endswith(f"/{service}1a2b3c4d")
            assert "monitoring-alerts" in alert["actions.0.actionGroupId"]


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_server_says_is_kept(stack: str) -> None:
    setting = deployed(stack, False).one("DiagnosticSetting", "users-database")
    assert setting["resourceUri"].endswith("/users1a2b3c4d")
    assert "monitoring-logs" in setting["workspaceId"]
    assert [log["category"] for log in setting["logs"] if log["enabled"]] == ["PostgreSQLLogs"]


def test_geo_redundant_backups_can_be_chosen() -> None:
    program = run(config={"crosscloud:database": {"geoRedundantBackup": True}})
    assert program.one("dbforpostgresql:Server", "users")["backup.geoRedundantBackup"] == "Enabled"
