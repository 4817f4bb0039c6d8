"""Settings of the services' database servers."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from components.settings.checks import Group, in_clouds, in_production, one_of, wrong
from components.settings.hours import Weekday


class DatabaseAdministrators(Group):
    """An Entra group whose members administer the database servers, each as themselves."""

    object_id: UUID = Field(description="object id of the group in Entra")
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,63}$")] = Field(
        description="display name of the same group, letter by letter: it becomes the role's name, with which members "
        "log in; at most 63 characters, which is all that PostgreSQL keeps of a name"
    )


class DatabaseSettings(Group):
    """The services' database servers, each of them."""

    version: Annotated[str, one_of("16", "17", "18")] = Field(
        "17",
        description="major version of PostgreSQL. The log-in with Entra does not work on some servers with 18 "
        "(https://github.com/Azure/azure-postgresql/issues/132), and there is no way back from an upgrade",
    )
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = Field(
        "Burstable", description="compute tier of a service's server; Burstable has no high availability"
    )
    sku: str = Field("Standard_B2s", description="compute size, one of tier; it also says how many connections fit")
    storage_gb: Literal[32, 64, 128, 256, 512, 1024, 2048, 4096] = Field(
        32,
        description="storage of a new server in GiB. It grows by itself and never shrinks, so that a later change of "
        "this setting has no effect; docs/runbook.md says how to add storage",
    )
    backup_days: int = Field(7, ge=7, le=35, description="days for which any moment can be restored")
    geo_redundant_backup: bool = Field(
        False, description="backups also in the paired region; can be chosen at creation only"
    )
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = Field(
        "Disabled", description="a standby server, at twice the price"
    )
    maintenance_day: Weekday = Field(
        "Saturday",
        description="day of the week for updates of the servers, each of which is away for a minute or so; "
        "another one than the cluster's. Azure ignores it when a server is made: docs/deploy.md has the command that "
        "sets it then",
    )
    maintenance_hour: int = Field(2, ge=0, le=23, description="hour (UTC) in which they begin")
    authentication: Annotated[
        Literal["entra", "password"],
        in_production(lambda kind: kind == "entra", "must be entra: a password is a secret that somebody can copy"),
    ] = Field("entra", description="entra: the pod's own identity, no password anywhere")
    administrators: DatabaseAdministrators | None = Field(
        None,
        description="Entra group of the people who administer the servers, and who read and mend rows in the services' "
        "databases: needed with entra, without effect with password. Services and their migrations have identities of "
        "their own, which are not in it",
    )
    port: int = Field(5432, ge=1, le=65535, description="TCP port")
    tls: Annotated[
        Literal["verify-full", "disable"],
        in_clouds(lambda mode: mode == "verify-full", "must be verify-full: disable is for a loopback address only"),
    ] = Field("verify-full", description="sslmode of the services' connections")
    addresses: Annotated[
        IPv4Network | None,
        in_clouds(lambda network: network is None, "must not be set: databases are in network.databases"),
    ] = Field(None, description="network of the databases, where `make up` has them in a Kubernetes")
    authority: Annotated[
        str | None,
        in_clouds(
            lambda pem: pem is None, "must not be set: Azure's databases have certificates of public authorities"
        ),
    ] = Field(None, description="authority that signs their certificates, PEM, where `make up` has made it")

    @field_validator("high_availability")
    @classmethod
    def _possible(cls, value: str, info: ValidationInfo) -> str:
        if value != "Disabled" and info.data.get("tier") == "Burstable":
            raise wrong("must be Disabled with tier Burstable")
        return value

    @field_validator("administrators")
    @classmethod
    def _with_entra(cls, value: DatabaseAdministrators | None, info: ValidationInfo) -> DatabaseAdministrators | None:
        if value is None and info.data.get("authentication") == "entra":
            raise wrong("must name an Entra group with authentication entra: without one nobody can log in to mend")
        return value
