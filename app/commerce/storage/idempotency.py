"""The table of Idempotency-Keys. Partition key: `id`; DynamoDB removes records some time after `expires_at` (TTL).

A key is stored with its effect and its answer, in one transaction: there is no state in which it is taken and the
effect is not there. Of concurrent requests with one key the first wins; the conditions of the others fail, and they
give its answer. An effect that is refused stores nothing: the next request with the key tries again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.commerce.storage.attributes import dump, load
from app.commerce.storage.database import Action, ConditionsFailedError, Database
from app.contract.problems import KEY_REUSED, ProblemError

LIFETIME = 24 * 60 * 60
"""Seconds for which an answer is kept; afterwards the key is as good as new."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is kept of an answer, and so the same for each request with the key."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A key as this caller sent it to this operation. Requests are equal when their fingerprints are."""

    id: str
    fingerprint: str


def claim(key: str, *, subject: str, operation: str, request: object) -> Claim:
    """`request` is a JSON value: all that makes the request another one. The operation's name begins the id, so that a
    function's role can be bound to its own (dynamodb:LeadingKeys)."""
    scope = _digest([subject, key])
    return Claim(id=f"{operation}#{scope}", fingerprint=_digest(request))


@dataclass(frozen=True, kw_only=True)
class Keys:
    database: Database
    table: str
    now: Callable[[], float] = time.time

    def once(self, claimed: Claim | None, effect: Callable[[], Answer]) -> Answer:
        """The effect's answer, or the stored one. Raises what `effect` raises, and ProblemError (422) for a key that
        another request has had.

        A refusal counts only when the key is not stored: a request that was carried out a moment ago may well be what
        a repetition of it is refused for, such as the last items that it took.
        """
        if claimed is None:
            return effect()
        if (stored := self._stored(claimed)) is not None:
            return stored
        try:
            return effect()
        except (ProblemError, ConditionsFailedError):
            if (stored := self._stored(claimed)) is not None:
                return stored
            raise

    def store(self, claimed: Claim | None, answer: Answer) -> list[Action]:
        """What belongs into the effect's transaction; nothing without a key."""
        if claimed is None:
            return []
        now = int(self.now())
        item = {
            "id": claimed.id,
            "fingerprint": claimed.fingerprint,
            "status": answer.status,
            "headers": answer.headers,
            "body": json.dumps(answer.body),
            "expires_at": now + LIFETIME,
        }
        put = {
            "TableName": self.table,
            "Item": dump(item),
            "ConditionExpression": "attribute_not_exists(id) OR expires_at < :now",
            "ExpressionAttributeValues": dump({":now": now}),
        }
        return [Action(name="key", write={"Put": put})]

    def _stored(self, claimed: Claim) -> Answer | None:
        item = self.database.get(self.table, dump({"id": claimed.id}))
        if item is None:
            return None
        record = load(item)
        if record["expires_at"] < int(self.now()):  # as the condition of `store` says it
            return None
        if record["fingerprint"] != claimed.fingerprint:
            raise ProblemError(KEY_REUSED, "This Idempotency-Key was sent with another request; take a new one.")
        return Answer(status=record["status"], headers=record["headers"], body=json.loads(record["body"]))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
