"""A function's client certificate, where only that function can read it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.certificates import Certificates
from components.encryption_key import EncryptionKey

RECOVERY_DAYS = 7
"""For so long a deleted secret can be restored; the least that Secrets Manager takes."""


@dataclass(frozen=True, kw_only=True)
class ClientSecretArgs:
    """`caller` is one of `certificates.callers`. The value is encrypted with `key`, without it with Secrets Manager's
    own."""

    certificates: Certificates
    caller: str
    key: EncryptionKey | None


class ClientSecret(ComponentResource):
    secret_arn: Output[str]
    """Known once the value is there: JSON with `certificate`, `private_key` and `ca`, PEM."""

    def __init__(self, name: str, args: ClientSecretArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:ClientSecret", name, {}, opts)
        secret = aws.secretsmanager.Secret(
            name,
            description=f"Client certificate of {args.caller}, for mutual TLS with the ingress",
            recovery_window_in_days=RECOVERY_DAYS,
            kms_key_id=args.key.arn if args.key else None,
            opts=ResourceOptions(parent=self),
        )
        client, trust = args.certificates.callers[args.caller], args.certificates.server_trust
        content = {"certificate": client.certificate, "private_key": client.private_key, "ca": trust}
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=Output.json_dumps(content),
            opts=ResourceOptions(parent=self),
        )
        self.secret_arn = version.secret_arn
        self.register_outputs({"secret_arn": self.secret_arn})
