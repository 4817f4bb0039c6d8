"""Grants for tables, streams, queues, buses and topics; see `components.aws.grants`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pulumi import Input, Output

from components.aws.grants import Statement


@dataclass(frozen=True, kw_only=True)
class _Items:
    """Grants one action on items of a table."""

    action: ClassVar[str]
    table_arn: Input[str]
    leading_keys: Sequence[str] = field(default_factory=tuple)
    """The partition keys that the grant is for, with `*` for any end (`ORDER#*`). Default: all."""

    def statement(self) -> Statement:
        return _allow([self.action], self.table_arn, _keys(self.leading_keys))


@dataclass(frozen=True, kw_only=True)
class GetItem(_Items):
    """Grants to read one item at a time."""

    action = "dynamodb:GetItem"


@dataclass(frozen=True, kw_only=True)
class BatchGetItem(_Items):
    """Grants to read up to a hundred items in one call."""

    action = "dynamodb:BatchGetItem"


@dataclass(frozen=True, kw_only=True)
class PutItem(_Items):
    """Grants to write an item, in transactions too, where the rights are those of each part."""

    action = "dynamodb:PutItem"


@dataclass(frozen=True, kw_only=True)
class UpdateItem(_Items):
    """Grants to change an item."""

    action = "dynamodb:UpdateItem"


@dataclass(frozen=True, kw_only=True)
class DeleteItem(_Items):
    """Grants to delete an item."""

    action = "dynamodb:DeleteItem"


@dataclass(frozen=True, kw_only=True)
class CheckItem(_Items):
    """Grants conditions of a transaction on items that it does not change."""

    action = "dynamodb:ConditionCheckItem"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Grants to read pages of one partition of the table, or of its `index`."""

    table_arn: Input[str]
    index: str | None = None
    leading_keys: Sequence[str] = field(default_factory=tuple)

    def statement(self) -> Statement:
        suffix = f"/index/{self.index}" if self.index else ""
        return _allow(["dynamodb:Query"], Output.concat(self.table_arn, suffix), _keys(self.leading_keys))


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Grants to read pages of the whole table, whatever its keys."""

    table_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["dynamodb:Scan"], self.table_arn)


@dataclass(frozen=True, kw_only=True)
class ReadStream:
    """Grants what an event source mapping of a table's stream needs.

    A table has one stream at a time, whose ARN is new whenever it is switched on.
    """

    table_arn: Input[str]

    def statement(self) -> Statement:
        actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
        return _allow([f"dynamodb:{action}" for action in actions], Output.concat(self.table_arn, "/stream/*"))


@dataclass(frozen=True, kw_only=True)
class ConsumeQueue:
    """Grants what an event source mapping of a queue needs.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """

    queue_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], self.queue_arn)


@dataclass(frozen=True, kw_only=True)
class PostponeMessage:
    """Grants what a consumer needs that says itself when a message that failed comes again."""

    queue_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["sqs:ChangeMessageVisibility"], self.queue_arn)


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    """Grants to send to one queue; a mapping's destination for failures needs it too."""

    queue_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["sqs:SendMessage"], self.queue_arn)


@dataclass(frozen=True, kw_only=True)
class PutEvents:
    """Grants to send events of one source and of some types to one bus: nobody can send in another's name.

    ForAllValues holds for a key that the request lacks. Every event has a source and a type, so on AWS none passes by
    it; the emulator knows neither key.
    """

    bus_arn: Input[str]
    source: str
    detail_types: Sequence[str]

    def statement(self) -> Statement:
        condition = {"events:source": [self.source], "events:detail-type": list(self.detail_types)}
        return _allow(["events:PutEvents"], self.bus_arn, {"ForAllValues:StringEquals": condition})


@dataclass(frozen=True, kw_only=True)
class Publish:
    """Grants to publish to one topic."""

    topic_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["sns:Publish"], self.topic_arn)


def _keys(leading: Sequence[str]) -> dict[str, Any] | None:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(leading)}} if leading else None


def _allow(actions: list[str], resource: Input[str], condition: dict[str, Any] | None = None) -> Statement:
    allowed: Statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**allowed, "Condition": condition} if condition else allowed
