"""What a person may set in `Pulumi.<stack>.yaml`, under `crosscloud:`: unit, default and the reason for each."""

from __future__ import annotations

from pydantic import Field

from components.settings import source
from components.settings.aws import ApiSettings, EncryptionSettings, EventsSettings, FunctionsSettings, IdentitySettings
from components.settings.azure import (
    AzureSettings,
    ClusterSettings,
    DatabaseSettings,
    IngressSettings,
    NetworkSettings,
    RegistrySettings,
    Services,
    TelemetrySettings,
)
from components.settings.certificates import CertificatesSettings
from components.settings.checks import Group
from components.settings.monitoring import MonitoringSettings
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

    @property
    def protected(self) -> bool:
        return self.production if self.protect is None else self.protect

    @property
    def ingress_host(self) -> str:
        """https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#domain-name-label"""
        return self.ingress.host or f"{self.ingress.dns_label}.{self.azure.location}.cloudapp.azure.com"


def load() -> Settings:
    """The settings of the stack that is being deployed.

    Raises pulumi.RunError when a real engine is asked for the stack `local`, SettingsError with every problem at once.
    """
    return source.read(Settings)
