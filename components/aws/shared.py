"""The things that all functions share: the key of what they store, and the collector of their spans."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output

from components.aws.collector import CollectorAccess, collector_access
from components.aws.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.settings.aws import EncryptionSettings
from components.settings.services import TelemetrySettings


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Values for every function of a stack."""

    key_arn: Output[str] | None
    """The KMS key that encrypts tables and secrets. None: those of AWS."""
    collector: CollectorAccess
    """The collector that gets the spans."""


def shared_by_functions(encryption: EncryptionSettings, telemetry: TelemetrySettings, *, protect: bool) -> Shared:
    """Declares what the settings ask for of a key and a secret, and returns how functions get at them.

    `protect` says whether an engine refuses to delete or replace the key.
    """
    key = EncryptionKey("data", EncryptionKeyArgs(protect=protect)).arn if encryption.customer_key else None
    return Shared(key_arn=key, collector=collector_access(telemetry, key))
