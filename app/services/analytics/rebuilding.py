"""Builds a model of the counts beside the living one, and switches to it.

A model that is being built counts each event once, by its id, from whichever source it comes first: the archive, the
table of events, or a caller who sends it now. Each step is one transaction that may be repeated. Those of one rebuild
wait for each other at its row; whoever changes a model's state has the lock of all writers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.contract.problems import CONFLICT, ProblemError
from app.services.analytics import store
from app.services.analytics.models import NewEvent
from app.services.analytics.rebuild_models import Cleared, Comparison, Taken
from app.services.kit.callers import Caller
from app.services.kit.database import Connection

BATCH = 2000
"""Stored events that one step counts: some tenths of a second, of the 1.5 that a statement may take."""
CLEARED = 20_000
"""Rows that one step removes."""
SHOWN = 50
"""Differences and examples that an answer lists."""

_SHARED = "select pg_advisory_xact_lock_shared(model_lock())"
_ALONE = "select pg_advisory_xact_lock(model_lock())"
_BUILDING = "select * from models where name = $1 and state = 'building' for update"
_CONTRADICTING = """
select array_agg(given.id)
from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::numeric[], $7::text[])
    as given (id, type, user_id, at, amount, currency)
join events as stored using (id)
where (stored.type, stored.user_id, stored.occurred_at, stored.amount, stored.currency)
        is distinct from (given.type, given.user_id, given.at, given.amount, given.currency)
    and not exists (select from counted_events as counted where counted.model = $1 and counted.id = given.id)
"""
_TAKEN = """
update models set archived = archived + $2 + $3, restored = restored + $3,
    differing = differing + cardinality($4::uuid[]), examples = (examples || $4::uuid[])[1:$5]
where id = $1
"""
# Users of a day follow its counts, as rows without a type.
_DIFFERENCES = """
with totals as (
    select model, day, type, currency, sum(events) as events, sum(minor) / 100 as amount from daily_totals
    where model in ($1, $2) group by model, day, type, currency
), counts as (
    select day, type, currency, a.events as living, a.amount as living_amount, b.events as rebuilt,
        b.amount as rebuilt_amount
    from (select * from totals where model = $1) as a full join (select * from totals where model = $2) as b
        using (day, type, currency)
    where (a.events, a.amount) is distinct from (b.events, b.amount)
), users as (
    select day, sum(bit_count(a.users)) as living, sum(bit_count(b.users)) as rebuilt
    from (select * from daily_users where model = $1) as a full join (select * from daily_users where model = $2) as b
        using (day, block)
    group by day having bool_or(a.users is distinct from b.users)
)
select *, count(*) over () as different from (
    select day, type, nullif(currency, '') as currency, living, living_amount, rebuilt, rebuilt_amount from counts
    union all select day, null, null, living, 0, rebuilt, 0 from users
) as found order by day, type nulls last, currency nulls first limit $3
"""
_REMOVALS = (
    """delete from counted_events where (model, id) in (
        select model, id from counted_events
        where model in (select id from models where state <> 'building') limit $1
    )""",
    """delete from daily_users where (model, day, block) in (
        select model, day, block from daily_users where model in (select id from models where state = 'left') limit $1
    )""",
    """delete from daily_totals where (model, day, type, currency, slot) in (
        select model, day, type, currency, slot from daily_totals
        where model in (select id from models where state = 'left') limit $1
    )""",
)


async def begin(connection: Connection, name: str) -> None:
    """Begins a model, and leaves the one that was being built. Does nothing for the one that is being built.

    Raises ProblemError (409) for a name that was used before.
    """
    await connection.execute(_ALONE)
    state = await connection.fetchval("select state from models where name = $1", name)
    if state == "building":
        return
    if state is not None:
        raise ProblemError(CONFLICT, f"There was a model {name} already: each rebuild takes a new name.")
    await connection.execute("update models set state = 'left' where state = 'building'")
    await connection.execute("insert into models (name, state) values ($1, 'building')", name)


async def take(connection: Connection, name: str, events: Sequence[NewEvent], caller: Caller) -> Taken:
    """Counts archived events, and stores those that the table lacks. Raises ProblemError (409)."""
    model = await _building(connection, name)
    restored = await store.record(connection, events, caller)
    columns = store.columns(events, caller)
    given = (columns.ids, columns.types, columns.users, columns.times, columns.amounts, columns.currencies)
    contradicting = await connection.fetchval(_CONTRADICTING, model["id"], *given) or []
    counted = await connection.fetchval("select count_once($1, $2, $3, $4, $5, $6, $7)", model["id"], *given)
    await connection.execute(_TAKEN, model["id"], counted, restored, contradicting, SHOWN)
    return Taken(counted=counted + restored, restored=restored)


async def count_stored(connection: Connection, name: str) -> bool:
    """Counts the next stored events, and returns whether there are more. Raises ProblemError (409)."""
    model = await _building(connection, name)
    more: bool = await connection.fetchval("select count_stored($1, $2)", model["id"], BATCH)
    return more


async def switch(connection: Connection, name: str, *, compare_only: bool) -> Comparison:
    """Compares the model with the living one and, unless told otherwise, makes it the living one.

    An archived event that the table of events has with another content is no matter of counting: then nothing is
    switched. A repetition gets the first answer. Raises ProblemError (409).
    """
    await connection.execute(_ALONE)
    report = await connection.fetchval("select report from models where name = $1 and state <> 'building'", name)
    if report is not None:
        return Comparison.model_validate_json(report)
    model = await _building(connection, name)
    if not model["complete"]:
        raise ProblemError(CONFLICT, "Not all stored events are counted yet.")
    comparison = await _compared(connection, model)
    if not (compare_only or comparison.contradicting):
        comparison = comparison.model_copy(update={"switched": True})
        await connection.execute(
            "update models set report = $2 where id = $1", model["id"], comparison.model_dump_json()
        )
        await connection.execute("select switch_models()")
    return comparison


async def leave(connection: Connection, name: str) -> None:
    """Leaves the model if it is being built; nothing counts in it any more."""
    await connection.execute(_ALONE)
    await connection.execute("update models set state = 'left' where name = $1 and state = 'building'", name)


async def clear(connection: Connection) -> Cleared:
    """Removes rows that nobody reads."""
    removed = 0
    for statement in _REMOVALS:
        removed += int((await connection.execute(statement, CLEARED)).rpartition(" ")[2])
        if removed >= CLEARED:
            break
    return Cleared(removed=removed, more=removed > 0)


async def _building(connection: Connection, name: str) -> Any:
    """Returns the row of the model that is being built, for this transaction alone. Raises ProblemError (409)."""
    await connection.execute(_SHARED)
    row = await connection.fetchrow(_BUILDING, name)
    if row is None:
        raise ProblemError(
            CONFLICT, f"The model {name} is not being built: it is finished, or another was begun since."
        )
    return row


async def _compared(connection: Connection, model: Any) -> Comparison:
    living = await connection.fetchval("select id from models where state = 'living'")
    rows = await connection.fetch(_DIFFERENCES, living, model["id"], SHOWN)
    events = await connection.fetchval(
        "select coalesce(sum(events), 0)::bigint from daily_totals where model = $1", model["id"]
    )
    found = [
        {
            **{name: row[name] for name in ("day", "type", "currency")},
            "living": {"events": row["living"] or 0, "amount": row["living_amount"] or 0},
            "rebuilt": {"events": row["rebuilt"] or 0, "amount": row["rebuilt_amount"] or 0},
        }
        for row in rows
    ]
    return Comparison.model_validate(
        {
            **{name: model[name] for name in ("name", "archived", "restored", "examples")},
            "events": events,
            "contradicting": model["differing"],
            "different": rows[0]["different"] if rows else 0,
            "differences": found,
            "switched": False,
        }
    )
