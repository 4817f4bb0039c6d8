"""Summaries of 5 million events: from the daily counts, and from the events themselves."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from app.services.analytics import store
from tests.support import databases

EVENTS = 5_000_000
"""Events in the table."""
USERS = 200_000
"""Users that they are of."""
DAYS = 365
"""Days that they are spread over."""
FIRST = date(2026, 1, 1)
TIMES = 9
"""Times that the counts are read; the events are read less often, as each time takes seconds."""
WRITERS, SECONDS = 8, 4.0
"""Connections that store events at once, and for how long."""

FROM_EVENTS = """
with users as (select distinct user_id from events where occurred_at >= $1 and occurred_at < $2)
select count(*), sum(amount) filter (where currency = 'EUR'), (select count(*) from users)
from events where occurred_at >= $1 and occurred_at < $2
"""
"""The least that a summary would have to read without counts."""
_LOAD = """
insert into events (id, type, user_id, occurred_at, amount, currency)
select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    (array['order.placed', 'order.confirmed', 'order.invoiced', 'order.cancelled', 'login', 'view', 'sale', 'search'])
        [1 + n % 8],
    'u' || (hashint4(n) & 2147483647) % $3, $4::date + make_interval(secs => n::bigint * 7919 % ($5 * 86400)),
    case when n % 8 in (0, 6) then n % 10000 / 100.0 end,
    case when n % 8 in (0, 6) then (array['EUR', 'USD', 'CHF'])[1 + n % 3] end
from generate_series($1::integer, $2::integer) as n
"""
_COUNT = (
    "vacuum analyze events",
    """insert into daily_totals
    select $1::integer, occurred_at::date, type, coalesce(currency, ''), hashtext(user_id) & 3, count(*),
        coalesce(sum(amount * 100), 0)::bigint
    from events group by 2, 3, 4, 5""",
    "insert into numbered_users (user_id) select distinct user_id from events on conflict do nothing",
    """insert into daily_users
    select $1::integer, day, number / 8192, bit_or(set_bit(0::bit(8192), number % 8192, 1))
    from (select distinct occurred_at::date as day, user_id from events) as present join numbered_users using (user_id)
    group by 2, 3""",
)
"""The counts that the trigger would have made of the events, made at once. That they tell the same is looked at."""
_STORE = """
insert into events (id, type, user_id, occurred_at, amount, currency)
values (gen_random_uuid(), 'order.placed', $1, '2026-06-15', 1.00, 'EUR')
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of a summary of a month and of the year, by both ways, and events stored a second, by both ways."""

    month: tuple[float, float]
    year: tuple[float, float]
    equal: bool
    """True if both ways told the same."""
    stored: tuple[float, float]
    """Events a second that WRITERS connections stored: counted, and not counted."""
    rows: int
    """Rows of the daily counts."""


def measured(url: str) -> Measured:
    """Fills the database, which has analytics' migrations, and measures."""
    return asyncio.run(_measured(url))


async def _measured(url: str) -> Measured:
    owner, service = await asyncpg.connect(databases.owner_url(url)), await asyncpg.connect(url)
    try:
        await _fill(owner)
        month = await _both(service, 30)
        year = await _both(service, DAYS)
        rows = await owner.fetchval("select count(*) from daily_totals")
        counted = await _writing(url)
        await owner.execute("alter table events disable trigger count_new")
        plain = await _writing(url)
    finally:
        await owner.close()
        await service.close()
    return Measured(month=month[0], year=year[0], equal=month[1] and year[1], stored=(counted, plain), rows=rows)


async def _fill(owner: Any) -> None:
    await owner.execute("alter table events disable trigger count_new")
    await owner.execute("set timezone = 'UTC'")
    for start in range(1, EVENTS + 1, 250_000):
        await owner.execute(_LOAD, start, min(start + 249_999, EVENTS), USERS, FIRST, DAYS)
    await owner.execute("alter table events enable trigger count_new")
    model = await owner.fetchval("insert into models (name, state) values ('bench', 'building') returning id")
    for statement in _COUNT:
        await owner.execute(statement, *([model] if "$1" in statement else []))
    await owner.execute("select switch_models()")
    await owner.execute("vacuum analyze")


async def _both(service: Any, days: int) -> tuple[tuple[float, float], bool]:
    """Returns the milliseconds of both ways, and whether they tell the same."""
    last = FIRST + timedelta(days=days - 1)
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    fast, rows = await _timed(lambda: service.fetch(store.SUMMARY, FIRST, last, store.MOST), TIMES)
    slow, told = await _timed(lambda: service.fetchrow(FROM_EVENTS, begin, begin + timedelta(days=days)), 3)
    whole = next(row for row in rows if row["type"] is None and row["currency"] is None)
    euros = next(row["total"] for row in rows if row["currency"] == "EUR")
    return (fast, slow), (whole["count"], euros, whole["users"]) == tuple(told)


async def _timed(work: Callable[[], Awaitable[Any]], times: int) -> tuple[float, Any]:
    """Returns the median of the milliseconds, and the last result."""
    taken, result = [], None
    for _ in range(times):
        start = time.perf_counter()
        result = await work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken), result


async def _writing(url: str) -> float:
    """Returns the events a second that connections store at once, all on one day and of one type and currency."""
    connections = [await asyncpg.connect(url) for _ in range(WRITERS)]
    end, count = time.monotonic() + SECONDS, 0

    async def write(connection: Any, user: int) -> None:
        nonlocal count
        while time.monotonic() < end:
            await connection.execute(_STORE, f"u{(user + count) % 1000}")
            count += 1

    try:
        await asyncio.gather(*(write(connection, 100 * number) for number, connection in enumerate(connections)))
    finally:
        for connection in connections:
            await connection.close()
    return count / SECONDS
