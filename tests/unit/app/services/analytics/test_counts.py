"""Events are counted in the transaction that stores them: each once, whoever stores it and whatever comes between."""

import asyncio
import os
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from app.services.analytics import store
from app.services.kit import migrations
from tests.support import databases, roll_ups
from tests.support.postgres import Urls
from tests.unit.app.services.analytics.conftest import event

MINE = "system/fulfilment"
(FIRST,) = migrations.directory("analytics").glob("*_create_models.sql")


def some(count: int, chance: random.Random) -> list[dict[str, object]]:
    """Returns events of a few days, types, currencies and users, so that many have the same."""
    made = []
    for _ in range(count):
        sale = {
            "type": "sale",
            "amount": f"{chance.randint(0, 9999) / 100:.2f}",
            "currency": chance.choice(["EUR", "USD"]),
        }
        at = f"2030-05-0{chance.randint(1, 4)}T{chance.choice(['00:00:00Z', '23:59:59.999999Z', '01:30:00+02:00'])}"
        more = chance.choice([{}, {"type": "view"}, sale])
        made.append(event(occurred_at=at, user_id=f"u{chance.randint(1, 30)}", **more))
    return made


def test_each_event_counts_once_though_told_twice_late_and_by_several_writers_at_once(call, begin, rows):
    chance = random.Random(7)
    events = some(300, chance)
    told = events + events[:150]
    chance.shuffle(told)
    batches = [told[start : start + 30] for start in range(0, len(told), 30)]

    async def all_at_once():
        return await asyncio.gather(*(begin("/events", {"events": batch}, x_principal=MINE) for batch in batches))

    replies = call.loop.run_until_complete(all_at_once())

    assert [reply.status for reply in replies] == [200] * len(batches)
    assert sum(reply.json["accepted"] for reply in replies) == 300
    roll_ups.check(rows)
    assert rows("select deadlocks from pg_stat_database where datname = current_database()")[0][0] == 0


def test_the_pods_of_the_version_before_count_too(rows, url):
    """They know of no counts: the database itself keeps them."""
    before = """insert into events (id, sent_id, type, user_id, occurred_at, amount, currency, attributes)
        select gen_random_uuid(), null, 'sale', 'old-' || n % 5, '2030-01-01', 1.10, 'EUR', '{}'
        from generate_series(1, 40) n"""
    assert databases.rows(url, before) == []

    roll_ups.check(rows)
    assert rows("select sum(events) from daily_totals where day = '2030-01-01'")[0][0] == 40


def test_what_is_not_committed_is_not_counted(rows, url):
    async def undone():
        connection = await asyncpg.connect(url)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("insert into events values (gen_random_uuid(), 'sale', 'x', '2030-01-01')")
        await transaction.rollback()
        await connection.close()

    before = rows("select sum(events) from daily_totals")
    asyncio.run(undone())

    assert rows("select sum(events) from daily_totals") == before
    roll_ups.check(rows)


def test_users_of_more_than_one_block_are_counted_once_in_a_period(call, rows):
    rows(
        """insert into events (id, type, user_id, occurred_at)
        select gen_random_uuid(), 'view', 'u' || n % 20000, '2031-01-01'::timestamptz + n % 3 * interval '1 day'
        from generate_series(1, 30000) n"""
    )
    roll_ups.check(rows)
    for last in ("2031-01-01", "2031-01-02", "2031-01-03"):
        stored = rows(
            """select count(distinct user_id) from events
            where occurred_at >= '2031-01-01' and occurred_at < $1::date + 1""",
            date.fromisoformat(last),
        )[0][0]
        assert call("GET", f"/analytics/summary?from=2031-01-01&to={last}").json["users"] == stored > 8192


def test_a_summary_takes_a_fraction_of_what_the_events_take(rows, url):
    """Both ways take turns in the same database, and tell the same."""
    rows(
        """insert into events (id, type, user_id, occurred_at, amount, currency)
        select gen_random_uuid(), 't' || n % 5, 'u' || n % 4000, '2031-01-01'::timestamptz + n % 30 * interval '1 day',
            1.01, (array['EUR', 'USD'])[1 + n % 2]
        from generate_series(1, 60000) n"""
    )
    rows("vacuum analyze")
    days = date(2031, 1, 1), date(2031, 1, 30)

    async def turns() -> tuple[list[float], list[float]]:
        connection = await asyncpg.connect(url)
        taken: tuple[list[float], list[float]] = [], []
        try:
            for _ in range(5):
                start = time.perf_counter()
                counted = await connection.fetch(store.SUMMARY, *days, store.MOST)
                between = time.perf_counter()
                read = await connection.fetchrow(
                    """select count(*), count(distinct user_id), sum(amount) filter (where currency = 'EUR') from events
                    where occurred_at >= $1::date and occurred_at < $2::date + 1""",
                    *days,
                )
                taken[0].append(between - start)
                taken[1].append(time.perf_counter() - between)
        finally:
            await connection.close()
        euros = next(row["total"] for row in counted if row["currency"] == "EUR")
        assert (counted[-1]["count"], counted[-1]["users"], euros) == tuple(read)
        return taken

    by_counts, by_events = asyncio.run(turns())
    assert min(by_events) > 5 * min(by_counts), (by_counts, by_events)


@pytest.fixture
def by_dbmate(url, environment):
    """Returns functions that undo the newest migration, and that apply those which are missing."""
    dbmate = Path(sys.executable).with_name("dbmate")
    folder = migrations.directory("analytics")

    def back() -> None:
        command = [
            dbmate,
            "--url",
            databases.owner_url(url),
            "--migrations-dir",
            folder,
            "--no-dump-schema",
            "rollback",
        ]
        subprocess.run(command, check=True, capture_output=True, env={"PATH": os.defpath})

    def on() -> None:
        done = databases.migrate(Urls(databases.owner_url(url), url), "analytics", environment)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"

    return back, on


@pytest.fixture
def first(rows, url):
    """Applies the first of the two migrations, which makes the tables and the trigger."""

    def run() -> None:
        async def on_a_connection() -> None:
            connection = await asyncpg.connect(databases.owner_url(url))
            try:
                await connection.execute(FIRST.read_text().partition("-- migrate:down")[0])
            finally:
                await connection.close()

        asyncio.run(on_a_connection())
        rows("insert into schema_migrations values ($1)", FIRST.name.partition("_")[0])

    return run


VIEWS = """insert into events (id, type, user_id, occurred_at)
    select gen_random_uuid(), 'view', 'u' || n % 700, '2029-01-01'::timestamptz + n * interval '1 minute'
    from generate_series(1, 12000) n"""


def test_the_migrations_count_what_is_stored_and_are_undone_without_losing_an_event(rows, url, by_dbmate, first):
    back, on = by_dbmate
    rows(VIEWS)
    before = rows("select count(*) from events")
    back()
    back()
    assert rows("select count(*) from events") == before
    assert rows("select 1 from pg_tables where tablename = 'daily_totals'") == []

    first()
    databases.rows(url, "insert into events values (gen_random_uuid(), 'between', 'b', '2029-05-01')")
    on()

    roll_ups.check(rows)
    assert rows("select count(*) from counted_events")[0][0] == 0


def test_a_migration_that_was_ended_half_way_is_taken_up(rows, by_dbmate, first):
    back, on = by_dbmate
    rows(VIEWS)
    back()
    back()
    first()
    assert rows("select count_stored((select id from models), 5000)")[0][0] is True

    on()

    roll_ups.check(rows)
