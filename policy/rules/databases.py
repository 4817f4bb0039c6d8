"""Rules of databases and tables: private, encrypted, restorable, not deleted by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack, expect, given

_SERVER = "azure-native:dbforpostgresql:Server"
_ADMINISTRATOR = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra"
_TABLE = "aws:dynamodb/table:Table"
_IDENTITY = re.compile(r"<UserAssignedIdentity ([^.>]+)\.")
BACKUP_DAYS = 7


def servers_are_private(server: Resource) -> Iterator[Finding]:
    yield from expect(
        server, "network.publicNetworkAccess", "Disabled", do="Set public_network_access and reach it by the network."
    )
    for part in ("delegatedSubnetResourceId", "privateDnsZoneArmResourceId"):
        yield from given(
            server,
            f"network.{part}",
            allowed="be given",
            do="Put the server into the virtual network; this can be chosen at creation only.",
        )


def servers_know_no_password(server: Resource) -> Iterator[Finding]:
    yield from expect(
        server, "authConfig.passwordAuth", "Disabled", do="Set database.authentication to entra in the stack's file."
    )
    yield from expect(server, "authConfig.activeDirectoryAuth", "Enabled", do="Set database.authentication to entra.")


def people_administer_servers(stack: Stack) -> Iterator[Finding]:
    servers = [each for each in stack.of(_SERVER) if each.get("authConfig.activeDirectoryAuth") == "Enabled"]
    groups = [each for each in stack.of(_ADMINISTRATOR) if each.get("principalType") == "Group"]
    if len(groups) < len(servers):
        yield Finding(
            property="principalType",
            allowed=f"be Group for an administrator of each of the {len(servers)} servers",
            given=f"{len(groups)} groups",
            do="Set database.administrators in the stack's file: the component makes the group an administrator.",
            resource=servers[-1],
        )


def what_serves_administers_nothing(stack: Stack) -> Iterator[Finding]:
    """Follows a Deployment's service account to its identity, by the placeholders of a plan."""
    accounts = {each.get("metadata.name"): each for each in stack.of("kubernetes:core/v1:ServiceAccount")}
    serving: dict[str, str] = {}
    for deployment in stack.of("kubernetes:apps/v1:Deployment"):
        account = accounts.get(deployment.get("spec.template.spec.serviceAccountName"))
        annotations = account.get("metadata.annotations", {}) if account else {}
        if identity := _IDENTITY.match(str(annotations.get("azure.workload.identity/client-id"))):
            serving[identity[1]] = deployment.name
    for administrator in stack.of(_ADMINISTRATOR):
        identity = _IDENTITY.match(str(administrator.get("principalName")))
        if identity and identity[1] in serving:
            yield Finding(
                property="principalName",
                allowed="not be the identity of pods that serve requests",
                given=f"{identity[1]}, of the Deployment {serving[identity[1]]}",
                do="Give the migrations an identity of their own; they grant the service its rows.",
                resource=administrator,
            )


def servers_can_be_restored(server: Resource) -> Iterator[Finding]:
    days = server.get("backup.backupRetentionDays", 0)
    if days < BACKUP_DAYS:
        yield Finding(
            property="backup.backupRetentionDays",
            allowed=f"be {BACKUP_DAYS} or more",
            given=days,
            do="Set database.backupDays in the stack's file.",
        )


def servers_outlive_a_zone(server: Resource) -> Iterator[Finding]:
    yield from expect(
        server,
        "highAvailability.mode",
        "ZoneRedundant",
        "SameZone",
        do="Set database.highAvailability in the stack's file.",
    )


def connections_are_encrypted(configuration: Resource) -> Iterator[Finding]:
    allowed = {"require_secure_transport": ("on",), "ssl_min_protocol_version": ("TLSv1.2", "TLSv1.3")}
    name = configuration.get("configurationName")
    if name in allowed:
        yield from expect(configuration, "value", *allowed[name], do="Leave the server's own default alone.")


def tables_can_be_restored(table: Resource) -> Iterator[Finding]:
    yield from expect(table, "pointInTimeRecovery.enabled", True, do="Set point_in_time_recovery.")


def tables_are_encrypted_with_a_key_of_ours(table: Resource) -> Iterator[Finding]:
    yield from expect(table, "serverSideEncryption.enabled", True, do="Set server_side_encryption with a KMS key.")
    yield from given(table, "serverSideEncryption.kmsKeyArn", allowed="name a key", do="Give the stack's KMS key.")


def tables_are_not_deleted(table: Resource) -> Iterator[Finding]:
    yield from expect(table, "deletionProtectionEnabled", True, do="Set deletion_protection_enabled.")


def pools_are_not_deleted(pool: Resource) -> Iterator[Finding]:
    yield from expect(pool, "deletionProtection", "ACTIVE", do="Set deletion_protection.")


PROTECTED = ("azure-native:containerservice:ManagedCluster", _SERVER, _TABLE, "aws:kms/key:Key")


def what_is_precious_is_protected(stack: Stack) -> Iterator[Finding]:
    for resource in stack.of(*PROTECTED):
        if not resource.protect:
            yield Finding(
                property="protect",
                allowed="be true",
                given=False,
                do="Give the component protect=protect; to destroy the stack set crosscloud:protect to false.",
                resource=resource,
            )


_POSTGRES = "https://learn.microsoft.com/azure/postgresql/flexible-server"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"

RULES = (
    Rule(
        name="servers-are-private",
        why="A database with a public address is one stolen credential away from everybody",
        source=f"{_POSTGRES}/concepts-networking-private",
        types=(_SERVER,),
        resource=servers_are_private,
    ),
    Rule(
        name="servers-know-no-password",
        why="A password can be copied, and has to be kept and changed; an identity needs none of this",
        source=f"{_POSTGRES}/concepts-azure-ad-authentication",
        types=(_SERVER,),
        resource=servers_know_no_password,
        clouds_only=True,
    ),
    Rule(
        name="people-administer-servers",
        why="In an incident somebody has to log in, as themselves and with a token that ends",
        source=f"{_POSTGRES}/concepts-azure-ad-authentication",
        types=(_SERVER, _ADMINISTRATOR),
        stack=people_administer_servers,
    ),
    Rule(
        name="what-serves-administers-nothing",
        why="Who makes a service run a statement of theirs would administer its server: change tables, make roles",
        source="https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html#permissions",
        types=(_ADMINISTRATOR,),
        stack=what_serves_administers_nothing,
        plan_only=True,
    ),
    Rule(
        name="servers-can-be-restored",
        why="What was deleted or overwritten is often noticed days later",
        source=f"{_POSTGRES}/concepts-backup-restore",
        types=(_SERVER,),
        resource=servers_can_be_restored,
    ),
    Rule(
        name="servers-outlive-a-zone",
        why="Without a standby a failed host is an outage of minutes to hours",
        source=f"{_POSTGRES}/concepts-high-availability",
        types=(_SERVER,),
        resource=servers_outlive_a_zone,
        production_only=True,
    ),
    Rule(
        name="connections-are-encrypted",
        why="Others share the network between pods and database",
        source=f"{_POSTGRES}/concepts-networking-ssl-tls",
        types=("azure-native:dbforpostgresql:Configuration",),
        resource=connections_are_encrypted,
    ),
    Rule(
        name="tables-can-be-restored",
        why="A wrong write is replicated at once; only a backup still has the right one",
        source=f"{_DYNAMODB}/PointInTimeRecovery.html",
        types=(_TABLE,),
        resource=tables_can_be_restored,
        clouds_only=True,
    ),
    Rule(
        name="tables-are-encrypted-with-a-key-of-ours",
        why="The key then also decides, and logs, who may read the items",
        source=f"{_DYNAMODB}/EncryptionAtRest.html",
        types=(_TABLE,),
        resource=tables_are_encrypted_with_a_key_of_ours,
        production_only=True,
    ),
    Rule(
        name="tables-are-not-deleted",
        why="A deleted table is gone, and so is its continuous backup",
        source=f"{_DYNAMODB}/WorkingWithTables.Basics.html",
        types=(_TABLE,),
        resource=tables_are_not_deleted,
        production_only=True,
    ),
    Rule(
        name="pools-are-not-deleted",
        why="Every client would have to be registered again",
        source="https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-deletion-protection.html",
        types=("aws:cognito/userPool:UserPool",),
        resource=pools_are_not_deleted,
        production_only=True,
    ),
    Rule(
        name="what-is-precious-is-protected",
        why="Pulumi refuses to delete or replace what is protected, whatever a change asks for",
        source="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
        types=PROTECTED,
        stack=what_is_precious_is_protected,
        production_only=True,
    ),
)
