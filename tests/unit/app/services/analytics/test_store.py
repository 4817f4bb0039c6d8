"""The refusals of the database itself, and its ways to find rows."""

import json
from datetime import UTC, date, datetime

import asyncpg
import pytest

from app.services.analytics import store
from app.services.analytics.api import NEWEST
from app.services.kit import migrations

INSERT = "insert into events (id, type, user_id, occurred_at, amount, currency) values"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ("(gen_random_uuid(), 'a', 'b', now(), 1.00, null)", asyncpg.CheckViolationError),
        ("(gen_random_uuid(), 'a', 'b', now(), null, 'EUR')", asyncpg.CheckViolationError),
        ("(gen_random_uuid(), 'a', 'b', now(), -0.01, 'EUR')", asyncpg.CheckViolationError),
        ("(gen_random_uuid(), 'a', 'b', now(), 100000000, 'EUR')", asyncpg.NumericValueOutOfRangeError),
        ("(gen_random_uuid(), 'a', 'b', now(), 1, 'eur')", asyncpg.CheckViolationError),
        ("(gen_random_uuid(), 'A', 'b', now(), null, null)", asyncpg.CheckViolationError),
        ("(gen_random_uuid(), 'a', 'b c', now(), null, null)", asyncpg.CheckViolationError),
        ("('3f1f6f0e-6a55-4a43-9d6c-0d5e4bd3a3a1', 'a', 'b', now(), null, null)", asyncpg.UniqueViolationError),
    ],
)
def test_the_database_refuses(rows, values, error):
    with pytest.raises(error):
        rows(f"{INSERT} {values}")


@pytest.fixture
def plan(rows):
    rows(
        f"""{INSERT[:-7]} select gen_random_uuid(), 'sale', 'u' || n % 500,
            '2030-01-01'::timestamptz + n * interval '1 hour', 1.00, case n % 50 when 0 then 'EUR' else 'USD' end
        from generate_series(1, 20000) n"""
    )
    rows("analyze")

    def explain(statement: str, *arguments: object) -> str:
        (row,) = rows(f"explain (format json) {statement}", *arguments)
        return json.dumps(json.loads(row[0]))

    return explain


def test_a_page_is_read_from_the_index(plan):
    found = plan(store.PAGE, "u7", *NEWEST, 21)

    assert '"Index Name": "events_user_id"' in found
    assert '"Node Type": "Sort"' not in found


def test_a_period_is_found_by_the_index(plan):
    days = datetime(2030, 3, 1, tzinfo=UTC), datetime(2030, 3, 8, tzinfo=UTC)

    assert '"Index Name": "events_currency"' in plan(store.AMOUNTS, "EUR", *days, None, 100)


def test_a_summary_reads_no_event(plan):
    found = plan(store.SUMMARY, date(2030, 3, 1), date(2030, 3, 8), store.MOST)

    assert '"Relation Name": "daily_totals"' in found
    assert '"Index Name": "daily_totals_pkey"' in found
    assert '"Relation Name": "events"' not in found


def test_the_keys_table_is_the_kits():
    (migration,) = migrations.directory("analytics").glob("*_create_idempotency_keys.sql")
    assert (migrations.SERVICES / "kit/idempotency_keys.sql").read_text() in migration.read_text()
