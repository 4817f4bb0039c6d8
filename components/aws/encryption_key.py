"""The stack's own KMS key: who may read its tables and secrets is then also decided, and logged, by the key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.account import account_id
from components.aws.grants import Grant, Statement

DELETION_DAYS = 30
"""Days for which a deleted key can be restored, and with it whatever it encrypts; the most that KMS takes."""

ADMINISTRATION = tuple(
    f"kms:{action}"
    for action in (
        *("DescribeKey", "GetKeyPolicy", "PutKeyPolicy", "ListKeyPolicies", "UpdateKeyDescription"),
        *("EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"),
        *("EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus", "ListKeyRotations", "RotateKeyOnDemand"),
        *("CreateAlias", "UpdateAlias", "DeleteAlias", "ListGrants", "RevokeGrant"),
        *("TagResource", "UntagResource", "ListResourceTags"),
    )
)
"""The actions that a key's administrators may take. None of them reads what the key encrypts."""

Service = Literal["dynamodb", "secretsmanager"]
"""The services that may use the key in their callers' names."""
READ: dict[Service, tuple[str, ...]] = {
    "dynamodb": ("kms:Decrypt", "kms:DescribeKey"),
    "secretsmanager": ("kms:Decrypt",),
}
"""The rights on the key that each service needs of its caller to read."""
WRITE: dict[Service, tuple[str, ...]] = {
    "dynamodb": (
        *("kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ),
    "secretsmanager": ("kms:GenerateDataKey",),
}
"""The rights on the key that each service needs of its caller to write, besides READ:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms-authz,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz"""


def owner(account: str) -> dict[str, str]:
    """Returns the principal that stands for whoever the account's own policies name.

    A key's policy stands alone: what it grants to nobody, not even to the account, only AWS support could give back
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam).
    """
    return {"AWS": f"arn:aws:iam::{account}:root"}


def administration(account: str) -> Statement:
    """Returns the statement of a key's policy by which the key is administered. In it `*` is the key itself."""
    return {
        "Sid": "Administration",
        "Effect": "Allow",
        "Principal": owner(account),
        "Action": list(ADMINISTRATION),
        "Resource": "*",
    }


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    protect: bool
    """True if an engine refuses to delete or replace the key."""


class EncryptionKey(ComponentResource):
    """A key that nobody uses directly.

    The account's own policies say who administers the key, and who uses it through a service.
    """

    arn: Output[str]
    """The key's ARN."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:EncryptionKey", name, {}, opts)
        key = aws.kms.Key(
            name,
            description=f"Tables and secrets of {pulumi.get_project()} {pulumi.get_stack()}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=_policy(account_id()),
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            target_key_id=key.id,
            opts=ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"key": key.arn})


@dataclass(frozen=True, kw_only=True)
class UseKey:
    """Grants the use of one key, through one service and never directly."""

    key_arn: Input[str]
    """The key."""
    service: Service
    """The service that uses it in the caller's name."""
    actions: Sequence[str]
    """The actions that the service may take with the key."""

    def statement(self) -> Statement:
        return {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": self.key_arn,
            "Condition": {"StringEquals": {"kms:ViaService": _endpoint(self.service)}},
        }


def reading(key_arn: Input[str] | None, *services: Service) -> list[Grant]:
    """Returns what a role needs besides its rights to read at `services`. Keys that AWS keeps (None) need no right."""
    if key_arn is None:
        return []
    return [UseKey(key_arn=key_arn, service=service, actions=READ[service]) for service in services]


def writing(key_arn: Input[str] | None, *services: Service) -> list[Grant]:
    """Returns what a role needs besides its rights to read and write at `services`, as `reading` does."""
    if key_arn is None:
        return []
    return [UseKey(key_arn=key_arn, service=service, actions=READ[service] + WRITE[service]) for service in services]


def _policy(account: str) -> str:
    """Returns AWS's default policy of a key without the right to use it.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    services = sorted(READ)
    used = sorted({action for each in services for action in READ[each] + WRITE[each]} | {"kms:CreateGrant"})
    statements: list[Statement] = [
        administration(account),
        {
            "Sid": "UseThroughServices",
            "Effect": "Allow",
            "Principal": owner(account),
            "Action": used,
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": [_endpoint(each) for each in services]}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _endpoint(service: Service) -> str:
    return f"{service}.{pulumi.Config('aws').require('region')}.amazonaws.com"
