"""The settings in `Pulumi.<stack>.yaml` under `crosscloud:`, with unit, default and reason for each."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, ValidationError

from components.settings import connections, source
from components.settings.aws import (
    ApiSettings,
    CommerceSettings,
    EncryptionSettings,
    EventsSettings,
    FunctionsSettings,
    IdentitySettings,
)
from components.settings.azure import AzureSettings, RegistrySettings
from components.settings.certificates import CertificatesSettings
from components.settings.checks import Group, circumstances, wrong
from components.settings.cluster import MAINTENANCE_HOURS, ClusterSettings
from components.settings.database import DatabaseSettings
from components.settings.hours import HoursSettings
from components.settings.ingress import IngressSettings
from components.settings.monitoring import MonitoringSettings, WorkspacesSettings
from components.settings.network import NetworkSettings
from components.settings.services import Services, TelemetrySettings
from components.settings.source import SettingsError

__all__ = ["Settings", "SettingsError", "load"]


class Settings(Group):
    production: bool = Field(
        False, description="refuses what is good enough to develop with, but not to serve people; default: false"
    )
    protect: bool | None = Field(
        None,
        description="keeps cluster and databases from being deleted or replaced; default: as production. To destroy "
        "such a stack, set it to false and run `pulumi up` first",
    )
    tags: dict[str, str] = Field({}, description="tags of everything on Azure; AWS has aws:defaultTags")
    azure: AzureSettings
    network: NetworkSettings
    registry: RegistrySettings
    cluster: ClusterSettings
    hours: HoursSettings
    ingress: IngressSettings
    certificates: CertificatesSettings
    monitoring: MonitoringSettings
    database: DatabaseSettings
    telemetry: TelemetrySettings
    services: Services = Field(description="the services by name, as their folders in app/services")
    encryption: EncryptionSettings
    identity: IdentitySettings
    api: ApiSettings
    functions: FunctionsSettings
    events: EventsSettings

    @field_validator("hours")
    @classmethod
    def _fit_the_cluster(cls, hours: HoursSettings, info: ValidationInfo) -> HoursSettings:
        """Refuses hours for a cluster that can't be stopped, or that would never be upgraded."""
        cluster = info.data.get("cluster")
        if cluster is None or not hours.limited:
            return hours
        if cluster.node_auto_provisioning:
            raise wrong("must be left out with cluster.nodeAutoProvisioning: Azure does not stop such a cluster")
        if not hours.hold(cluster.maintenance_day, cluster.maintenance_hour, MAINTENANCE_HOURS):
            raise wrong(
                f"must hold the {MAINTENANCE_HOURS} hours of maintenance from cluster.maintenanceDay and "
                f"maintenanceHour on, which are {cluster.maintenance_day} and {cluster.maintenance_hour}: a cluster "
                "that is stopped is not upgraded"
            )
        return hours

    @field_validator("services")
    @classmethod
    def _fit_their_databases(cls, services: Services, info: ValidationInfo) -> Services:
        """Refuses more pods than a database has connections for: the last would never be ready, nor a roll-out done."""
        database = info.data.get("database")
        if database is None or circumstances(info).this_machine:
            return services
        limit = connections.taken_by(database.sku)
        if limit is None:
            return services
        problems = []
        for name, service in services.items():
            most = connections.most_replicas(limit, tracks=2 if service.canary else 1)
            if service.max_replicas > most:
                sentence = wrong(
                    f"must be at most {most}: each pod opens up to {connections.PER_POD} connections, a roll-out adds "
                    f"a quarter of the pods, a canary as many again, and a {database.sku} takes {limit}"
                )
                loc = (name, "maxReplicas")
                problems.append(InitErrorDetails(type=sentence, loc=loc, input=service.max_replicas))
        if problems:
            raise ValidationError.from_exception_data("services", problems)
        return services

    @property
    def commerce(self) -> CommerceSettings:
        """The settings of the functions of products and orders, and of their events."""
        return CommerceSettings(functions=self.functions, events=self.events)

    @property
    def workspaces(self) -> WorkspacesSettings:
        """The settings of the stores of logs and metrics, and of when alerts reach people."""
        return WorkspacesSettings(monitoring=self.monitoring, hours=self.hours)

    @property
    def protected(self) -> bool:
        """True if the engine refuses to delete or replace what can't be made again."""
        return self.production if self.protect is None else self.protect

    @property
    def ingress_host(self) -> str:
        """The ingress's DNS name: the one that is set, or the one that Azure gives its address.

        https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#domain-name-label
        """
        return self.ingress.host or f"{self.ingress.dns_label}.{self.azure.location}.cloudapp.azure.com"


def load() -> Settings:
    """Returns the settings of the stack that is being deployed.

    Raises pulumi.RunError when a real engine is asked for the stack `local`, SettingsError with every problem at once.
    """
    return source.read(Settings)
