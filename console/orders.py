"""Orders: how far each has come by its events' log lines, and the steps of its way through both clouds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.lines import members, reason
from console.search import MOST, escaped
from console.store import Store

STATES = {
    "order.placed": "PENDING",
    "order.confirmed": "CONFIRMED",
    "order.invoiced": "INVOICED",
    "order.cancelled": "CANCELLED",
    "order.failed": "FAILED",
}
"""The state of an order after each of its events."""
LAST = ("INVOICED", "CANCELLED", "FAILED")
WAYS = {
    "CANCELLED": ("PENDING", "CANCELLED"),
    "FAILED": ("PENDING", "CONFIRMED", "FAILED"),
}
"""The states of an order that ended otherwise than by its invoice."""
USUAL = ("PENDING", "CONFIRMED", "INVOICED")
UNKNOWN = "The log says no reason."


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as its log lines show it. Times are seconds since the epoch."""

    id: str
    began: float
    ended: float
    state: str
    tries: int
    """The most tries that one of its events needed."""
    failures: int
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event of an order, with what became of it."""

    type: str
    id: str
    published: float | None
    done: float | None
    """The time at which the work on it was done; None while it is not."""
    receives: int
    """The number of times that it was received from the queue."""
    message_id: str
    reason: str
    """The reason why the last try failed, if it did."""

    @property
    def state(self) -> str:
        return STATES.get(self.type, "")


def orders(store: Store, *, since: float, text: str = "") -> list[Order]:
    """Returns the orders that have log lines since a moment, the newest first."""
    query = r"""select order_id, min(began) began, max(ended) ended, group_concat(distinct route) types,
            sum(level = 'ERROR') failures, max(coalesce(json_extract(text, '$.receives'), 0)) tries,
            max(request_id) request_id
        from lines where order_id <> '' and began >= ? and (order_id like ? escape '\' or request_id like ? escape '\')
        group by order_id order by 2 desc limit ?"""
    like = f"%{escaped(text)}%"
    return [
        Order(
            id=row["order_id"],
            began=row["began"],
            ended=row["ended"],
            state=state(str(row["types"] or "").split(",")),
            tries=int(row["tries"]),
            failures=int(row["failures"]),
            request_id=row["request_id"],
        )
        for row in store.rows(query, [since, like, like, MOST])
    ]


def state(types: Sequence[str]) -> str:
    """Returns the state after the furthest of the events."""
    known = [value for type_, value in STATES.items() if type_ in types]
    return known[-1] if known else ""


def events(store: Store, order_id: str) -> list[Event]:
    """Returns the events of an order in the order in which they were published."""
    found: dict[str, dict[str, Any]] = {}
    for row in store.rows("select * from lines where order_id = ? order by ended", [order_id]):
        line = members(row["text"])
        if line.get("type") not in STATES or not line.get("event_id"):
            continue
        event = found.setdefault(line["event_id"], {"type": line["type"], "published": None, "done": None})
        if row["kind"] == "published":
            event["published"] = event["published"] or row["ended"]
        elif row["kind"] == "event":
            done = row["level"] != "ERROR"
            event |= {"receives": int(line.get("receives") or 0), "message_id": str(line.get("message_id") or "")}
            event |= {"done": row["ended"], "reason": ""} if done else {"reason": reason(line) or UNKNOWN}
    empty = {"receives": 0, "message_id": "", "reason": ""}
    made = [Event(**{**empty, **event}, id=id_) for id_, event in found.items()]
    return sorted(made, key=lambda event: list(STATES).index(event.type))


def steps(reached: str) -> list[tuple[str, str]]:
    """Returns the states of an order's way, each with `done`, `now` or `open`."""
    way = WAYS.get(reached, USUAL)
    at = way.index(reached) if reached in way else -1
    return [
        (name, "done" if number < at or (number == at and name in LAST) else "now" if number == at else "open")
        for number, name in enumerate(way)
    ]


def stored(items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns the order itself among the entries of the table."""
    return next((item for item in items if item.get("entry") == "order"), {})
