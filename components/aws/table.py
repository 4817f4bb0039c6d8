"""A DynamoDB table on demand, with point-in-time recovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class Key:
    """An attribute that is a key."""

    name: str
    """The attribute's name."""
    type: Literal["S", "N", "B"] = "S"
    """S (string), N (number) or B (bytes)."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index, which holds whole items."""

    partition: Key
    """The partition key."""
    sort: Key | None = None
    """The sort key. Default: none."""


@dataclass(frozen=True, kw_only=True)
class TableArgs:
    partition: Key
    """The partition key."""
    sort: Key | None = None
    """The sort key. Default: none."""
    indexes: Mapping[str, Index] = field(default_factory=dict)
    """Indexes by name. Default: none."""
    ttl: str | None = None
    """The attribute with the second of the epoch after which an item may be deleted (within days). Default: none."""
    stream: bool = False
    """True if the old and the new item of every change can be read for 24 hours."""
    key_arn: Input[str] | None = None
    """The KMS key that encrypts the table. Default: the one of DynamoDB."""
    protect: bool
    """True if an engine, and DynamoDB, refuse to delete or replace the table."""


class Table(ComponentResource):
    """A table that can be restored to any second of the last 35 days."""

    table_name: Output[str]
    """The table's name."""
    arn: Output[str]
    """The table's ARN."""
    stream_arn: Output[str]
    """The ARN of the table's stream; empty without one."""

    def __init__(self, name: str, args: TableArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Table", name, {}, opts)
        keys = [args.partition, args.sort, *(key for one in args.indexes.values() for key in (one.partition, one.sort))]
        types = {key.name: key.type for key in keys if key is not None}
        table = aws.dynamodb.Table(
            name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=args.partition.name,
            range_key=args.sort.name if args.sort else None,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type=type_) for key, type_ in sorted(types.items())],
            global_secondary_indexes=[_index(index, one) for index, one in sorted(args.indexes.items())] or None,
            stream_enabled=args.stream or None,
            stream_view_type="NEW_AND_OLD_IMAGES" if args.stream else None,
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=args.ttl, enabled=True) if args.ttl else None,
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True, kms_key_arn=args.key_arn)
            if args.key_arn
            else None,
            deletion_protection_enabled=args.protect,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.table_name, self.arn, self.stream_arn = table.name, table.arn, table.stream_arn
        self.register_outputs({"table": table.name})


def _index(name: str, index: Index) -> aws.dynamodb.TableGlobalSecondaryIndexArgs:
    pairs = ((index.partition, "HASH"), (index.sort, "RANGE"))
    return aws.dynamodb.TableGlobalSecondaryIndexArgs(
        name=name,
        key_schemas=[
            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(attribute_name=key.name, key_type=kind)
            for key, kind in pairs
            if key is not None
        ],
        projection_type="ALL",
    )
