"""The way of functions to the collector of spans: its address, and a secret with the headers that it asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.client_secret import RECOVERY_DAYS
from components.aws.encryption_key import reading
from components.aws.grants import Grant, ReadSecret
from components.settings.services import TelemetrySettings


@dataclass(frozen=True, kw_only=True)
class CollectorAccess:
    """The variables and rights of every function for the collector; nothing where there is none."""

    environment: Mapping[str, Input[str]]
    grants: Sequence[Grant]


def collector_access(settings: TelemetrySettings, key_arn: Input[str] | None) -> CollectorAccess:
    """Returns what functions need, and declares the secret with the headers if there are any.

    `key_arn` is the KMS key that encrypts it; None for the one of Secrets Manager.
    """
    if settings.endpoint is None:
        return CollectorAccess(environment={}, grants=())
    environment: dict[str, Input[str]] = {"OTEL_EXPORTER_OTLP_ENDPOINT": settings.endpoint}
    if not settings.headers:
        return CollectorAccess(environment=environment, grants=())
    secret_arn = HeadersSecret("collector", HeadersSecretArgs(settings=settings, key_arn=key_arn)).secret_arn
    environment["TELEMETRY_HEADERS_SECRET_ARN"] = secret_arn
    grants = [ReadSecret(secret_arn=secret_arn), *reading(key_arn, "secretsmanager")]
    return CollectorAccess(environment=environment, grants=grants)


@dataclass(frozen=True, kw_only=True)
class HeadersSecretArgs:
    settings: TelemetrySettings
    """The collector's headers: the group `telemetry` of the stack's file."""
    key_arn: Input[str] | None
    """The KMS key that encrypts the value. Default: the one of Secrets Manager."""


class HeadersSecret(ComponentResource):
    """A secret with the headers that the collector asks for, which every function may read."""

    secret_arn: Output[str]
    """The secret's ARN, known once the value is there: a JSON object of the headers by their names."""

    def __init__(self, name: str, args: HeadersSecretArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:HeadersSecret", name, {}, opts)
        own = ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name,
            description="Headers that the collector of spans asks for",
            recovery_window_in_days=RECOVERY_DAYS,
            kms_key_id=args.key_arn,
            opts=own,
        )
        headers = {header: value.get_secret_value() for header, value in args.settings.headers.items()}
        version = aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=Output.secret(json.dumps(headers, sort_keys=True)), opts=own
        )
        self.secret_arn = version.secret_arn
        self.register_outputs({"secret_arn": self.secret_arn})
