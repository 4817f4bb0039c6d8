"""The events in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from app.services.analytics.models import Event, NewEvent, OfCurrency, OfType, Summary
from app.services.analytics.period import Period
from app.services.kit.callers import Caller
from app.services.kit.database import Connection

MOST = 1000
"""The largest number of types, and of currencies, in a summary: the most frequent ones. Callers choose the names, so
there may be any number."""

_RECORD = """
with recorded as (
    insert into events (id, sent_id, type, user_id, occurred_at, amount, currency, attributes)
    select * from unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::numeric[], $7::text[], $8::jsonb[]
    )
    on conflict (id) do nothing
    returning 1
)
select count(*) from recorded
"""
PAGE = """
select id, coalesce(sent_id, id) as sent_id, type, user_id, occurred_at, amount, currency, attributes from events
where user_id = $1 and (occurred_at, id) < ($2, $3)
order by occurred_at desc, id desc limit $4
"""
# One statement, so that the numbers fit together, also while a rebuild makes another model the living one. The row that
# is grouped by neither type nor currency is that of the whole period. A day's users are bits by their numbers: those of
# several days are added up by `bit_or`, which counts each user once.
SUMMARY = """
with totals as materialized (
    select type, currency, sum(events) as events, sum(minor) as minor from daily_totals
    where model = (select id from models where state = 'living') and day between $1 and $2
    group by type, currency
), counted as (
    select type, currency, coalesce(sum(events), 0)::bigint as count, sum(minor) / 100 as total,
        grouping(type, currency) as level
    from totals group by grouping sets ((), (type), (currency))
), ranked as (
    select *, row_number() over (partition by level order by count desc, type, currency) as rank
    from counted where level <> 2 or currency <> ''
), blocks as (
    select bit_or(users) as users from daily_users
    where model = (select id from models where state = 'living') and day between $1 and $2
    group by block
)
select type, currency, count, total, (select coalesce(sum(bit_count(users)), 0)::bigint from blocks) as users
from ranked where rank <= $3 order by level, rank
"""
AMOUNTS = """
select array_agg(minor order by minor) from (
    select (amount * 100)::bigint as minor from events
    where currency = $1 and occurred_at >= $2 and occurred_at < $3 and ($4::text is null or type = $4)
    limit $5
) as found
"""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Events by columns, in the order of the ids under which they are stored."""

    ids: list[UUID]
    sent_ids: list[UUID]
    types: list[str]
    users: list[str]
    times: list[datetime]
    amounts: list[Decimal | None]
    currencies: list[str | None]
    attributes: list[str]


def columns(events: Sequence[NewEvent], caller: Caller) -> Columns:
    """Returns the events of the caller as they are stored.

    They are always in the same order, so that two batches with the same events can't each wait for the other.
    """
    numbered = sorted(((stored_id(event.id, caller), event) for event in events), key=lambda each: each[0])
    return Columns(
        ids=[event_id for event_id, _ in numbered],
        sent_ids=[event.id for _, event in numbered],
        types=[event.type for _, event in numbered],
        users=[event.user_id for _, event in numbered],
        times=[event.occurred_at for _, event in numbered],
        amounts=[event.amount for _, event in numbered],
        currencies=[event.currency for _, event in numbered],
        attributes=[json.dumps(event.attributes) for _, event in numbered],
    )


async def record(connection: Connection, events: Sequence[NewEvent], caller: Caller) -> int:
    """Stores the events of the caller and returns how many of them are new.

    The database counts these in the same transaction: the trigger of the table of events.
    """
    new: int = await connection.fetchval(_RECORD, *vars(columns(events, caller)).values())
    return new


async def page(connection: Connection, user_id: str, before: tuple[datetime, UUID], count: int) -> list[Any]:
    """Returns at most `count` rows for `event`, the newest first, behind the position `before`."""
    rows: list[Any] = await connection.fetch(PAGE, user_id, *before, count)
    return rows


def event(row: Any) -> Event:
    """Returns the event that a row holds, under the id that its caller gave it."""
    return Event(**{**row, "id": row["sent_id"], "attributes": json.loads(row["attributes"])})


def stored_id(sent: UUID, caller: Caller) -> UUID:
    """Returns the id under which an event of the caller is stored.

    Each caller has ids of their own: nobody can take the id of another caller's event, or of one of the system, which
    would count as a duplicate then and be lost. The system's events keep the ids that they have everywhere else.
    """
    return sent if caller.is_system else uuid5(sent, caller.principal)


async def summary(connection: Connection, period: Period) -> Summary:
    """Returns the counts and amounts of the period."""
    rows = await connection.fetch(SUMMARY, period.first, period.last, MOST)
    whole = next(row for row in rows if row["type"] is None and row["currency"] is None)
    return Summary(
        first=period.first,
        last=period.last,
        events=whole["count"],
        users=whole["users"],
        by_type=[OfType(type=row["type"], count=row["count"]) for row in rows if row["type"] is not None],
        amounts=[
            OfCurrency(currency=row["currency"], count=row["count"], total=row["total"])
            for row in rows
            if row["currency"] is not None
        ],
    )


async def amounts(connection: Connection, currency: str, period: Period, type_: str | None, most: int) -> list[int]:
    """Returns the amounts in minor units and in order, but at most `most`: where there are more, any of them."""
    return await connection.fetchval(AMOUNTS, currency, period.begin, period.end, type_, most) or []
