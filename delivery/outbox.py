"""Publishes events of the orders' table once more.

They are found by their position in the table's stream while that keeps them, and in the table afterwards.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from delivery.commands import DeliveryError
from delivery.stack_events import StackEvents

BATCH = 10
"""Records of one call of the function, as the stream gives it."""
EMPTY_PAGES = 50
"""Pages without a record after which a shard counts as read to its end: between two records there may be some."""
MARGIN = dt.timedelta(minutes=5)
"""The time that is added on both sides of a batch's time in the stream to find its events in the table: an event's own
time is that of the clock of the function that wrote it."""
_LOST = ("TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException")
"""The error codes of a position that the stream has forgotten: it keeps records for 24 hours
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html)."""

Record = dict[str, Any]
"""A record of the stream (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html)."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The position in the table's stream of a batch that Lambda has given up."""

    stream: str
    """The stream's ARN."""
    shard: str
    """The id of the stream's shard."""
    start: str
    """The sequence number of the first record, as the stream writes it."""
    last: int
    """The sequence number of the last record."""
    since: dt.datetime
    """The approximate moment at which the first record came to the stream."""
    until: dt.datetime
    """The approximate moment at which the last record came to the stream."""

    @classmethod
    def of(cls, note: dict[str, Any]) -> Batch:
        """Returns the batch of Lambda's note of it. Raises DeliveryError for a note of another form.

        https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
        """
        try:
            return cls(
                stream=note["streamArn"],
                shard=note["shardId"],
                start=note["startSequenceNumber"],
                last=int(note["endSequenceNumber"]),
                since=moment(note["approximateArrivalOfFirstRecord"]),
                until=moment(note["approximateArrivalOfLastRecord"]),
            )
        except KeyError as error:
            raise DeliveryError(f"The note of the batch lacks {error}.") from None
        except (TypeError, ValueError, OverflowError) as error:
            raise DeliveryError(f"The note of the batch can't be read: {error}.") from None


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """The events in the orders' table, with the function that publishes them."""

    events: StackEvents
    function: str
    """The function `relay`, by name and alias."""

    def publish(self, records: Sequence[Record]) -> None:
        """Gives the records to the function.

        Raises DeliveryError when it can't publish one; others may be published then.
        """
        client = self.events.client("lambda")
        for start in range(0, len(records), BATCH):
            payload = {"Records": records[start : start + BATCH], "redriven": True}
            answer = client.invoke(FunctionName=self.function, Payload=json.dumps(payload, default=str).encode())
            result = answer["Payload"].read()
            if "FunctionError" in answer:
                raise DeliveryError(f"{self.function} can't publish it: {_message(result)}")

    def records_of(self, note: dict[str, Any]) -> list[Record]:
        """Returns the records of a batch that Lambda has given up, by its note of it. Raises DeliveryError.

        They come from the stream or, where that keeps them no more, from the table: the events from around that time.
        """
        batch = Batch.of(note)
        records = self._from_stream(batch)
        if records is not None:
            return records
        return self.records_between(batch.since - MARGIN, batch.until + MARGIN)

    def records_between(self, since: dt.datetime, until: dt.datetime) -> list[Record]:
        """Returns the events of a time in the table as records of the stream, the oldest first.

        Items that are no events are left out. The table is read once, at the first call.
        """
        return [record for occurred, record in self._table if since <= occurred <= until]

    @cached_property
    def _table(self) -> list[tuple[dt.datetime, Record]]:
        """All events of the table with their moments, the oldest first."""
        table, form = self.events.exported["outbox"]["table"], self.events.exported["outbox"]["filter"]
        [(key, pattern)] = form["dynamodb"]["Keys"].items()
        pages = (
            self.events.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=table,
                ConsistentRead=True,
                FilterExpression="begins_with(#key, :prefix)",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues={":prefix": {"S": pattern["S"][0]["prefix"]}},
            )
        )
        events = [
            (occurred, {"eventName": form["eventName"][0], "dynamodb": {"Keys": item, "NewImage": item}})
            for page in pages
            for item in page["Items"]
            if (occurred := _occurred(item)) is not None
        ]
        return sorted(events, key=lambda each: each[0])

    def _from_stream(self, batch: Batch) -> list[Record] | None:
        """Returns the records of the batch; None when the stream has forgotten them."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - other commands of the delivery need no SDK

        records = []
        try:
            for record in self._read(batch):
                if int(record["dynamodb"]["SequenceNumber"]) > batch.last:
                    break
                records.append(record)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST:
                raise
            return None
        return records or None

    def _read(self, batch: Batch) -> Iterator[Record]:
        """Yields the records of the batch's shard from its first one on."""
        client = self.events.client("dynamodbstreams")
        iterator = client.get_shard_iterator(
            StreamArn=batch.stream,
            ShardId=batch.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch.start,
        )["ShardIterator"]
        empty = 0
        while iterator and empty < EMPTY_PAGES:
            answer = client.get_records(ShardIterator=iterator)
            yield from answer["Records"]
            if any(int(record["dynamodb"]["SequenceNumber"]) >= batch.last for record in answer["Records"]):
                return
            empty = 0 if answer["Records"] else empty + 1
            iterator = answer.get("NextShardIterator")


def moment(text: str) -> dt.datetime:
    """Returns a moment that is written by RFC 3339, in UTC. Raises TypeError, ValueError or OverflowError."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def _occurred(item: Record) -> dt.datetime | None:
    """Returns the moment of the event in an item of the table, or None for an item that is no event.

    The function has put such an item aside when it was new.
    """
    try:
        return moment(json.loads(item["document"]["S"])["occurred_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _message(result: bytes) -> str:
    try:
        return str(json.loads(result)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return result.decode(errors="replace")
