"""Queues with what waits in them, and dead letters with the reason why each is one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.lines import members, reason
from console.search import escaped
from console.store import Store

DEAD = "-dead-letters"
"""The end of the name of a queue of dead letters; what comes before it is the name that a redrive takes."""
UNKNOWN = "The log has no line of it, and the message says no reason."


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message of a queue."""

    id: str
    sent: float
    """Seconds since the epoch."""
    receives: int
    type: str
    """The type of the event in it."""
    order_id: str
    request_id: str
    reason: str
    body: str
    """The message, with line breaks where it is JSON."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue of the stack."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    oldest: float | None
    """The time at which the oldest message was sent."""
    letters: Sequence[Letter]

    @property
    def is_dead(self) -> bool:
        """Says whether its messages are dead letters."""
        return self.name.endswith(DEAD)

    @property
    def source(self) -> str:
        """The name by which the commands know it."""
        return self.name.removesuffix(DEAD)

    @property
    def total(self) -> int:
        return self.waiting + self.in_flight + self.delayed


def queues(store: Store, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Queue]:
    """Returns the queues, those of dead letters last. `found` are the messages of each by its name."""
    made = [_queue(store, name, messages) for name, messages in found.items()]
    return sorted(made, key=lambda queue: (queue.is_dead, queue.name))


def _queue(store: Store, name: str, messages: Sequence[Mapping[str, Any]]) -> Queue:
    hidden = [message for message in messages if not message["IsVisible"]]
    in_flight = sum(message["ReceiveCount"] > 0 for message in hidden)
    return Queue(
        name=name,
        waiting=len(messages) - len(hidden),
        in_flight=in_flight,
        delayed=len(hidden) - in_flight,
        oldest=min((float(message["SentTimestamp"]) for message in messages), default=None),
        letters=[_letter(store, name, message) for message in messages[:100]],
    )


def _letter(store: Store, queue: str, message: Mapping[str, Any]) -> Letter:
    text = str(message["Body"])
    content = members(text)
    detail = _members(content.get("detail") or _event_of(content))
    return Letter(
        id=str(message["MessageId"]),
        sent=float(message["SentTimestamp"]),
        receives=int(message["ReceiveCount"]),
        type=str(detail.get("type") or content.get("detail-type") or ""),
        order_id=str(detail.get("order_id") or ""),
        request_id=str(detail.get("request_id") or ""),
        reason=_reason(store, queue, message, content, detail) if queue.endswith(DEAD) else "",
        body=json.dumps(content, indent=2, ensure_ascii=False) if content else text,
    )


def _reason(
    store: Store, queue: str, message: Mapping[str, Any], content: Mapping[str, Any], detail: Mapping[str, Any]
) -> str:
    """Returns why a message is a dead letter: the reason in it, or that in the last line about its event."""
    if isinstance(content.get("reason"), str):
        return str(content["reason"])
    attributes = {name: _members(value).get("StringValue") for name, value in message["MessageAttributes"].items()}
    if attributes.get("ERROR_CODE"):
        more = f" {attributes['ERROR_MESSAGE']}" if attributes.get("ERROR_MESSAGE") else ""
        return f"The bus could not deliver it: {attributes['ERROR_CODE']}.{more}"
    condition = _members(content.get("requestContext")).get("condition")
    if condition:
        return f"Lambda gave the batch up: {condition}."
    ids = [value for value in (message["MessageId"], detail.get("id")) if value]
    for each in ids:
        query = r"""select text from lines where service = ? and level = 'ERROR' and kind = 'event'
            and text like ? escape '\' order by began desc limit 1"""
        for row in store.rows(query, [queue.removesuffix(DEAD), f"%{escaped(str(each))}%"]):
            return reason(members(row["text"])) or UNKNOWN
    return UNKNOWN


def _event_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the event in a record of the table's stream."""
    image = _members(_members(_members(content.get("record")).get("dynamodb")).get("NewImage"))
    return members(str(_members(image.get("document")).get("S") or ""))


def _members(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
