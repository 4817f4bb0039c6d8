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
"""For so long a deleted key can be restored, and with it whatever it encrypts; the most that KMS takes."""

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
"""None of these reads what the key encrypts."""

Service = Literal["dynamodb", "secretsmanager"]
READ: dict[Service, tuple[str, ...]] = {
    "dynamodb": ("kms:Decrypt", "kms:DescribeKey"),
    "secretsmanager": ("kms:Decrypt",),
}
WRITE: dict[Service, tuple[str, ...]] = {
    "dynamodb": (
        *("kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ),
    "secretsmanager": ("kms:GenerateDataKey",),
}
"""What each service asks of the key in its caller's name, beside READ:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms-authz,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz"""


def owner(account: str) -> dict[str, str]:
    """Whoever the account's own policies allow to: a key's policy stands alone, and what it grants to nobody, not even
    to the account, only AWS support could give back
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam).
    """
    return {"AWS": f"arn:aws:iam::{account}:root"}


def administration(account: str) -> Statement:
    """For a key's policy, in which `*` is the key itself."""
    return {
        "Sid": "Administration",
        "Effect": "Allow",
        "Principal": owner(account),
        "Action": list(ADMINISTRATION),
        "Resource": "*",
    }


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """With `protect` nobody deletes or replaces the key by mistake."""

    protect: bool


class EncryptionKey(ComponentResource):
    """The account's own policies say who administers the key, and who uses it through a service; nobody uses it
    directly."""

    arn: Output[str]

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
    """Of one key, through one service and never directly."""

    key_arn: Input[str]
    service: Service
    actions: Sequence[str]

    def statement(self) -> Statement:
        return {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": self.key_arn,
            "Condition": {"StringEquals": {"kms:ViaService": _endpoint(self.service)}},
        }


def reading(key: EncryptionKey | None, *services: Service) -> list[Grant]:
    """What a role needs beside its rights to read at `services`. Keys that AWS keeps need no right."""
    return [] if key is None else [UseKey(key_arn=key.arn, service=each, actions=READ[each]) for each in services]


def writing(key: EncryptionKey | None, *services: Service) -> list[Grant]:
    """As `reading`, to read and write."""
    if key is None:
        return []
    return [UseKey(key_arn=key.arn, service=each, actions=READ[each] + WRITE[each]) for each in services]


def _policy(account: str) -> str:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html, without the use of the key."""
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
