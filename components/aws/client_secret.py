"""A function's client certificate, where only that function can read it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.credentials import Upstream

RECOVERY_DAYS = 7
"""Days for which a deleted secret can be restored; the least that Secrets Manager takes."""


@dataclass(frozen=True, kw_only=True)
class ClientSecretArgs:
    caller: str
    """The name of the function, for the secret's description."""
    upstream: Upstream
    """The certificate of the function, and the authorities of whom it calls."""
    key_arn: Input[str] | None
    """The KMS key that encrypts the value. Default: the one of Secrets Manager."""


class ClientSecret(ComponentResource):
    """A secret with everything that a function needs for mutual TLS."""

    secret_arn: Output[str]
    """The secret's ARN, known once the value is there: JSON with `certificate`, `private_key` and `ca`, PEM."""

    def __init__(self, name: str, args: ClientSecretArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:ClientSecret", name, {}, opts)
        secret = aws.secretsmanager.Secret(
            name,
            description=f"Client certificate of {args.caller}, for mutual TLS with the ingress",
            recovery_window_in_days=RECOVERY_DAYS,
            kms_key_id=args.key_arn,
            opts=ResourceOptions(parent=self),
        )
        client, trust = args.upstream.client, args.upstream.server_trust
        content = {"certificate": client.certificate, "private_key": client.private_key, "ca": trust}
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=Output.json_dumps(content),
            opts=ResourceOptions(parent=self),
        )
        self.secret_arn = version.secret_arn
        self.register_outputs({"secret_arn": self.secret_arn})
