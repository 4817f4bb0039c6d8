"""The table of Idempotency-Keys. Partition key: `id`; DynamoDB removes records some time after `expires_at` (TTL).

A key is stored with its effect and the effect's result, in one transaction: there is no state in which the key is taken
and the effect is missing. Of several requests with one key at once the first wins; the conditions of the others fail,
and they return its result. An effect that is refused stores nothing: the next request with the key tries again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.commerce.errors import CommerceError, KeyReusedError
from app.commerce.storage.attributes import dump, load
from app.commerce.storage.database import Action, Database

LIFETIME = 24 * 60 * 60
"""Seconds for which a result is kept; afterwards the key is as good as new."""
KEY = "key"
"""The name of the action that stores a key."""

_OWN = ("id", "fingerprint", "expires_at")

Result = dict[str, Any]
"""The outcome of an effect, as members that `app.commerce.storage.attributes` can store."""
Remember = Callable[[Result], list[Action]]
"""Returns the writes that store the result: they belong into the transaction of the effect. None without a key."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A key as one caller sent it to one operation. Two requests are equal when their fingerprints are."""

    id: str
    fingerprint: str


def claim(key: str, *, subject: str, operation: str, request: object) -> Claim:
    """Returns the claim of a request. `request` is a JSON value with all that tells two requests apart.

    The operation's name begins the id, so that a function's role can be bound to its own (dynamodb:LeadingKeys).
    """
    scope = _digest([subject, key])
    return Claim(id=f"{operation}#{scope}", fingerprint=_digest(request))


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The table, with a clock (seconds since the epoch) that tests replace."""

    database: Database
    table: str
    now: Callable[[], float] = time.time

    def once(self, claim: Claim | None, effect: Callable[[Remember], Result]) -> Result:
        """Carries out the effect unless the key's result is stored, and returns the result.

        Without a claim the effect is carried out each time.

        The effect writes what `remember(result)` returns in its own transaction. Raises what the effect raises, and
        KeyReusedError for a key that was sent with another request.
        """
        if claim is None:
            return effect(lambda _: [])
        if (stored := self._stored(claim)) is not None:
            return stored
        try:
            return effect(lambda result: [self._storing(claim, result)])
        except CommerceError:
            # A result that is stored by now counts: the refusal may come from a request with this key that was carried
            # out a moment ago, such as one that took the last items.
            if (stored := self._stored(claim)) is not None:
                return stored
            raise

    def _storing(self, claim: Claim, result: Result) -> Action:
        now = int(self.now())
        item = result | {"id": claim.id, "fingerprint": claim.fingerprint, "expires_at": now + LIFETIME}
        put = {
            "TableName": self.table,
            "Item": dump(item),
            "ConditionExpression": "attribute_not_exists(id) OR expires_at < :now",
            "ExpressionAttributeValues": dump({":now": now}),
        }
        return Action(name=KEY, write={"Put": put})

    def _stored(self, claim: Claim) -> Result | None:
        item = self.database.get(self.table, dump({"id": claim.id}))
        if item is None:
            return None
        record = load(item)
        if record["expires_at"] < int(self.now()):  # the same comparison as in the condition of `_storing`
            return None
        if record["fingerprint"] != claim.fingerprint:
            raise KeyReusedError
        return {name: value for name, value in record.items() if name not in _OWN}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
