"""DynamoDB inside a deadline: what happens to collide is tried again, what a condition refuses is told by its name."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commerce.storage.attributes import Item
from app.contract.problems import UNAVAILABLE, ProblemError

Client = Any
"""A client of botocore for DynamoDB, which has no types."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds that the pause after a collision has at most; the first doubles up to the longest."""

_COLLISIONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
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


@dataclass(frozen=True, kw_only=True)
class Action:
    """One of a transaction. `name` tells its condition from the others; `write` is `{"Put": {...}}` or the like."""

    name: str
    write: dict[str, Any]


class ConditionsFailedError(Exception):
    """Nothing was written. `found` holds, by the action's name, the item that its condition refused, None for none."""

    def __init__(self, found: Mapping[str, Item | None]) -> None:
        super().__init__(f"The conditions of {', '.join(sorted(found))} do not hold.")
        self.found = found


@dataclass(frozen=True, kw_only=True)
class Database:
    """For one invocation. `deadline` is on time.monotonic.

    Every method raises ProblemError (503) when DynamoDB can't be used in time. After that a write may have happened.
    """

    client: Client
    deadline: float
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def get(self, table: str, key: Item) -> Item | None:
        """The item as of now, not as of a moment ago."""
        found = self._call("get_item", TableName=table, Key=key, ConsistentRead=True)
        item: Item | None = found.get("Item")
        return item

    def get_all(self, table: str, keys: Sequence[Item]) -> list[Item]:
        """Those of up to 100 keys that there are, in no order, as of now."""
        items: list[Item] = []
        wanted = {table: {"Keys": list(keys), "ConsistentRead": True}}
        for attempt in self._attempts():
            answer = self._call("batch_get_item", RequestItems=wanted)
            items += answer["Responses"].get(table, [])
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted or not self._pause(attempt):
                break
        if wanted:
            raise unavailable()
        return items

    def query(self, **request: Any) -> list[Item]:
        items: list[Item] = self._call("query", **request)["Items"]
        return items

    def scan(self, **request: Any) -> list[Item]:
        items: list[Item] = self._call("scan", **request)["Items"]
        return items

    def update(self, **request: Any) -> Item:
        """The item after the update. Raises ConditionsFailedError, whose action is called `item`."""
        answer = self._single("update_item", ReturnValues="ALL_NEW", **request)
        item: Item = answer["Attributes"]
        return item

    def delete(self, **request: Any) -> None:
        """Raises ConditionsFailedError, whose action is called `item`."""
        self._single("delete_item", **request)

    def transact(self, actions: Sequence[Action]) -> None:
        """Everything or nothing. Raises ConditionsFailedError.

        The SDK names each attempt by a token, so that its own repetitions of one have the effect of one.
        """
        items = [{kind: {**write, **_TELL} for kind, write in action.write.items()} for action in actions]
        for attempt in self._attempts():
            try:
                self._call("transact_write_items", TransactItems=items)
            except self.client.exceptions.TransactionCanceledException as error:
                reasons = error.response["CancellationReasons"]
                codes = {reason["Code"] for reason in reasons}
                if not codes & _COLLISIONS:
                    raise _refused(actions, reasons) from error
                if not self._pause(attempt):
                    raise unavailable() from error
            else:
                return

    def _single(self, operation: str, **request: Any) -> dict[str, Any]:
        for attempt in self._attempts():
            try:
                return self._call(operation, **request, **_TELL)
            except self.client.exceptions.ConditionalCheckFailedException as error:
                raise ConditionsFailedError({"item": error.response.get("Item") or None}) from error
            except self.client.exceptions.TransactionConflictException as error:
                if not self._pause(attempt):
                    raise unavailable() from error
        raise unavailable()

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        # The client has imported it.
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004, PLC0415

        if time.monotonic() >= self.deadline:
            raise unavailable()
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**request)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or error.response["Error"]["Code"] in _BUSY:
                raise unavailable() from error
            raise
        except (ConnectionError, HTTPClientError) as error:  # after the SDK's own attempts
            raise unavailable() from error
        return answer

    def _attempts(self) -> range:
        return range(1, 1_000)  # the deadline ends them

    def _pause(self, attempt: int) -> bool:
        """Sleeps with full jitter; False when that would be past the deadline."""
        seconds = self.uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 10)))
        if time.monotonic() + seconds >= self.deadline:
            return False
        self.sleep(seconds)
        return True


_TELL = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def unavailable() -> ProblemError:
    detail = "The data can't be reached now; try again later."
    return ProblemError(UNAVAILABLE, detail, headers={"retry-after": "1"})


def _refused(actions: Sequence[Action], reasons: Sequence[dict[str, Any]]) -> Exception:
    found = {}
    for action, reason in zip(actions, reasons, strict=True):
        if reason["Code"] == "ConditionalCheckFailed":
            found[action.name] = reason.get("Item") or None
        elif reason["Code"] != "None":
            return RuntimeError(f"DynamoDB refuses {action.name}: {reason['Code']}: {reason.get('Message')}")
    return ConditionsFailedError(found)
