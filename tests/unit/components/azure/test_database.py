from __future__ import annotations

import pytest

from planning.ignored import with_ignored
from planning.run import Registration
from tests.support.clouds import principal_of
from tests.support.program import STACKS, Program, deployed, run
from tests.support.services import SERVICES

CLOUDS = ["dev", "prod"]
PEOPLE = {"objectId": "00000000-0000-0000-0000-000000000000", "name": "people"}


def url(program: Program, secret: str = "users-database") -> str:
    return str(program.one("core/v1:Secret", secret)["stringData"]["url"])


@pytest.mark.parametrize("stack", CLOUDS)
def test_there_is_no_password(stack: str) -> None:
    program = deployed(stack, False)
    server = program.one("dbforpostgresql:Server", "users")
    assert server["authConfig"] == {
        "activeDirectoryAuth": "Enabled",
        "passwordAuth": "Disabled",
        "tenantId": "00000000-0000-0000-0000-000000000000",
    }
    assert server["administratorLoginPassword"] is None
    assert not program.all("RandomPassword")


@pytest.mark.parametrize("stack", CLOUDS)
def test_people_and_migrations_administer_servers_and_services_do_not(stack: str) -> None:
    program = deployed(stack, False)
    assert [s.name for s in program.all("dbforpostgresql:Server")] == list(SERVICES)
    administrators = program.all("AdministratorsMicrosoftEntra")
    for service in SERVICES:
        of_server = [each for each in administrators if each["serverName"] == f"{service}1a2b3c4d"]
        assert [(each["objectId"], each["principalName"], each["principalType"]) for each in of_server] == [
            ("00000000-0000-0000-0000-000000000000", "crosscloud-database-administrators", "Group"),
            (principal_of(f"{service}-migrations"), f"{service}-migrations1a2b3c4d", "ServicePrincipal"),
        ]
    serving = {principal_of(service) for service in SERVICES}
    assert not serving & {each["objectId"] for each in administrators}


@pytest.mark.parametrize("stack", CLOUDS)
def test_service_and_migrations_connect_as_their_identities_over_verified_tls(stack: str) -> None:
    program = deployed(stack, False)
    where = "users1a2b3c4d.postgres.database.azure.com:5432/users?sslmode=verify-full"
    assert url(program) == f"postgresql://users1a2b3c4d@{where}"
    assert url(program, "users-migrations") == f"postgresql://users-migrations1a2b3c4d@{where}"


@pytest.mark.parametrize("stack", STACKS)
def test_azure_makes_no_database(stack: str) -> None:
    """A database that Azure makes has an owner by chance, perhaps one as whom nobody can log in."""
    assert not deployed(stack, False).all("dbforpostgresql:Database")


@pytest.mark.parametrize("stack", STACKS)
def test_storage_that_has_grown_is_not_asked_to_shrink(stack: str) -> None:
    for server in deployed(stack, False).all("dbforpostgresql:Server"):
        assert server["storage"] == {"autoGrow": "Enabled", "storageSizeGB": 64 if stack == "prod" else 32}
        assert server.ignore_changes == ("storage.storageSizeGB",)


def test_an_update_after_a_refresh_sends_the_size_that_it_has_grown_to() -> None:
    """The engine does the same: at an ignored path the inputs of the state count, which the refresh has read."""
    server = deployed("dev", False).one("dbforpostgresql:Server", "users")
    declared = Registration(
        urn=server.urn,
        type=server.type,
        name=server.name,
        custom=True,
        parent="",
        inputs={**server.inputs, "tags": {"owner": "another"}},
        dependencies=(),
        ignore_changes=server.ignore_changes,
    )
    grown = {**server.inputs, "storage": {**server.inputs["storage"], "storageSizeGB": 128}}
    sent = with_ignored(declared, grown)
    assert sent["storage"] == {"autoGrow": "Enabled", "storageSizeGB": 128}
    assert sent["tags"] == {"owner": "another"}


@pytest.mark.parametrize("stack", STACKS)
def test_server_is_reached_through_the_virtual_network_only(stack: str) -> None:
    network = deployed(stack, False).one("dbforpostgresql:Server", "users")["network"]
    assert network["publicNetworkAccess"] == "Disabled"
    assert network["delegatedSubnetResourceId"].endswith("/subnets/databases")
    assert "/PrivateZone/" in network["privateDnsZoneArmResourceId"]


def test_passwords_of_this_machine_are_generated_and_secret() -> None:
    program = deployed("local", False)
    server = program.one("dbforpostgresql:Server", "users")
    assert (server["authConfig.activeDirectoryAuth"], server["authConfig.passwordAuth"]) == ("Disabled", "Enabled")
    assert server["administratorLogin"] == "users_migrations"
    assert "administratorLoginPassword" in server.secrets
    assert not program.all("AdministratorsMicrosoftEntra")
    where = "users1a2b3c4d.postgres.database.azure.com:5433/users?sslmode=disable"
    assert url(program) == f"postgresql://users:generated-users@{where}"
    assert url(program, "users-migrations") == f"postgresql://users_migrations:generated-users_migrations@{where}"
    for name in ("users", "users_migrations"):
        password = program.one("RandomPassword", name)
        assert password["length"] >= 32
        assert password["special"] is False, "it would need quoting in a URL"


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [True, False])
def test_url_is_secret(stack: str, preview: bool) -> None:
    program = deployed(stack, preview)
    assert program.component_secrets[program.one("crosscloud:azure:Database", "users").urn] == {"url"}
    for secret in ("users-database", "users-migrations"):
        assert program.one("core/v1:Secret", secret).secrets


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
    assert len(days) == 1
    assert not days & {"Saturday"}


@pytest.mark.parametrize(("stack", "connections"), [("dev", 28), ("prod", 675)])
def test_somebody_is_notified_before_a_database_is_full_busy_or_away(stack: str, connections: int) -> None:
    program = deployed(stack, False)
    for service in SERVICES:
        alerts = [alert for alert in program.all("MetricAlert") if alert.name.startswith(f"{service}-database-")]
        watched = {alert["criteria.allOf.0.metricName"]: alert for alert in alerts}
        assert set(watched) == {"is_db_alive", "storage_percent", "cpu_percent", "active_connections"}
        assert watched["active_connections"]["criteria.allOf.0.threshold"] == connections
        assert watched["active_connections"]["criteria.allOf.0.timeAggregation"] == "Average", "a peak is no trouble"
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
    program = run(config={"crosscloud:database": {"geoRedundantBackup": True, "administrators": PEOPLE}})
    assert program.one("dbforpostgresql:Server", "users")["backup.geoRedundantBackup"] == "Enabled"
