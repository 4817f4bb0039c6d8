"""The counts of analytics beside the events that they count, by statements that know nothing of the service's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[..., list[Any]]
"""Returns the rows of a statement."""

_TOTALS = """
select day, type, currency, sum(events), sum(minor) / 100 from daily_totals
where model = (select id from models where state = 'living')
group by day, type, currency order by day, type, currency
"""
_EVENTS = """
select (occurred_at at time zone 'UTC')::date as day, type, coalesce(currency, '') as currency, count(*),
    coalesce(sum(amount), 0)
from events group by 1, 2, 3 order by 1, 2, 3
"""
_USERS = """
select day, user_id from daily_users join numbered_users
    on block = number / 8192 and get_bit(users, number % 8192) = 1
where model = (select id from models where state = 'living') order by day, user_id
"""
_PRESENT = "select distinct (occurred_at at time zone 'UTC')::date as day, user_id from events order by day, user_id"


def check(rows: Rows) -> None:
    """Asserts that the living model counts each stored event once, and nothing else."""
    for counted, stored in ((_TOTALS, _EVENTS), (_USERS, _PRESENT)):
        assert [tuple(row) for row in rows(counted)] == [tuple(row) for row in rows(stored)]
