"""DynamoDB inside a deadline: attempts that collide are repeated, and a refused condition is named.

Whatever is written is written by a transaction, even a single item: the SDK repeats a call whose answer was lost, and
only of a transaction it names the repetition by a token, so that DynamoDB does not judge its conditions once more
against what the first attempt has written
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-txwriteitems).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commerce.errors import ConditionsFailedError, UnavailableError
from app.commerce.storage.attributes import Item
from app.contract.backoff import Backoff

Client = Any
"""A client of botocore for DynamoDB, which has no types."""

COLLISIONS = Backoff(first=0.02, longest=0.5)
"""The pauses after collisions, in seconds."""
ATTEMPTS = range(1, 1_000)
"""Their numbers: the deadline ends them, not the count."""

_COLLISION_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons for which a transaction is cancelled that may be gone at the next attempt
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)."""

_BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Error codes that tell of a DynamoDB without room, after the SDK's own attempts."""
_WITH_REFUSED_ITEM = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


@dataclass(frozen=True, kw_only=True)
class Action:
    """One write of a transaction.

    `name` tells its condition from the others; `write` is `{"Put": {...}}` or the like.
    """

    name: str
    write: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Database:
    """The tables as one invocation uses them.

    Every method raises UnavailableError when DynamoDB can't be used in time. After that a write may have happened.
    """

    client: Client
    deadline: float
    """The moment, on time.monotonic, after which no call begins."""
    backoff: Backoff = COLLISIONS

    def get(self, table: str, key: Item) -> Item | None:
        """Returns the item as it is now, not as it was a moment ago; None where there is none."""
        item: Item | None = self._call("get_item", TableName=table, Key=key, ConsistentRead=True).get("Item")
        return item

    def get_all(self, table: str, keys: Sequence[Item]) -> list[Item]:
        """Returns the items that exist of up to 100 keys, as they are now, in no order."""
        items: list[Item] = []
        request = {table: {"Keys": list(keys), "ConsistentRead": True}}
        for attempt in ATTEMPTS:
            answer = self._call("batch_get_item", RequestItems=request)
            items += answer["Responses"].get(table, [])
            request = answer.get("UnprocessedKeys") or {}
            if not request:
                return items
            self._pause(attempt)
        raise UnavailableError

    def query(self, **request: Any) -> list[Item]:
        """Returns the items of one page of a query."""
        items: list[Item] = self._call("query", **request)["Items"]
        return items

    def scan(self, **request: Any) -> list[Item]:
        """Returns the items of one page of a scan."""
        items: list[Item] = self._call("scan", **request)["Items"]
        return items

    def transact(self, actions: Sequence[Action]) -> None:
        """Writes everything or nothing. Raises ConditionsFailedError.

        The SDK names each attempt by a token, so that its own repetitions of one have the effect of one.
        """
        items = [{kind: {**write, **_WITH_REFUSED_ITEM} for kind, write in action.write.items()} for action in actions]
        for attempt in ATTEMPTS:
            try:
                self._call("transact_write_items", TransactItems=items)
            except self.client.exceptions.TransactionCanceledException as error:
                reasons = error.response["CancellationReasons"]
                if not {reason["Code"] for reason in reasons} & _COLLISION_REASONS:
                    raise _cancelled(actions, reasons) from error
            else:
                return
            self._pause(attempt)
        raise UnavailableError

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        # The client has imported it.
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004, PLC0415

        if time.monotonic() >= self.deadline:
            raise UnavailableError
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**request)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or error.response["Error"]["Code"] in _BUSY:
                raise UnavailableError from error
            raise
        except (ConnectionError, HTTPClientError) as error:  # after the SDK's own attempts
            raise UnavailableError from error
        return answer

    def _pause(self, attempt: int) -> None:
        """Waits before the next attempt. Raises UnavailableError when there is no time for it."""
        if not self.backoff.pause(attempt, deadline=self.deadline):
            raise UnavailableError


def _cancelled(actions: Sequence[Action], reasons: Sequence[Mapping[str, Any]]) -> Exception:
    """Returns the error of a transaction that was cancelled for its conditions, or for a mistake in it."""
    refused = {}
    for action, reason in zip(actions, reasons, strict=True):
        if reason["Code"] == "ConditionalCheckFailed":
            refused[action.name] = reason.get("Item") or None
        elif reason["Code"] != "None":
            return RuntimeError(f"DynamoDB refuses {action.name}: {reason['Code']}: {reason.get('Message')}")
    return ConditionsFailedError(refused)
