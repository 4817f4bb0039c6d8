"""The refusals of the database itself, and its ways to find a page."""

import json

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings

from app.services.billing import store
from app.services.billing.api import NEWEST
from app.services.kit import idempotency, migrations
from tests.unit.app.services.billing.test_models import CENTS, draft, items, text

ORDER = "'0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10'"  # of the seeds: 2 notebooks, 1 pen, 10.20
LINE = "insert into order_items (order_id, position, product_id, quantity, unit_price) values"


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (f"update orders set total = 10.21 where id = {ORDER}", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 3, 'pen', 1, 0.01)", asyncpg.CheckViolationError),
        (f"update order_items set quantity = 3 where order_id = {ORDER}", asyncpg.CheckViolationError),
        (f"delete from order_items where order_id = {ORDER}", asyncpg.CheckViolationError),
        ("insert into orders values (gen_random_uuid(), 'a', 'EUR', 1.00, 'invoiced')", asyncpg.CheckViolationError),
        ("insert into orders values (gen_random_uuid(), 'a', 'EUR', -1.00, 'invoiced')", asyncpg.CheckViolationError),
        ("insert into orders values (gen_random_uuid(), 'a', 'eur', 0, 'invoiced')", asyncpg.CheckViolationError),
        ("insert into orders values (gen_random_uuid(), 'a b', 'EUR', 0, 'invoiced')", asyncpg.CheckViolationError),
        ("insert into orders values (gen_random_uuid(), 'a', 'EUR', 0, 'lost')", asyncpg.CheckViolationError),
        (f"update orders set total = 100000000 where id = {ORDER}", asyncpg.NumericValueOutOfRangeError),
        (f"{LINE} ({ORDER}, 3, 'pen', 0, 0.00)", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 3, 'pen', 1001, 0.00)", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 101, 'pen', 1, 0.00)", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 3, 'a pen', 1, 0.00)", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 3, 'pen', 1, -0.01)", asyncpg.CheckViolationError),
        (f"{LINE} ({ORDER}, 2, 'pen', 1, 0.00)", asyncpg.UniqueViolationError),
        (f"{LINE} (gen_random_uuid(), 1, 'pen', 1, 0.00)", asyncpg.ForeignKeyViolationError),
        (f"insert into invoices (order_id, user_id) values ({ORDER}, '123')", asyncpg.UniqueViolationError),
        (f"update invoices set user_id = '124' where order_id = {ORDER}", asyncpg.ForeignKeyViolationError),
        (f"update invoices set status = 'lost' where order_id = {ORDER}", asyncpg.CheckViolationError),
        (f"delete from orders where id = {ORDER}", asyncpg.ForeignKeyViolationError),
    ],
)
def test_the_database_refuses(rows, statement, error):
    with pytest.raises(error):
        rows(statement)


def test_an_order_and_its_items_may_change_together(rows):
    rows(
        f"""with changed as (update order_items set quantity = 3 where order_id = {ORDER} and position = 2)
        update orders set total = 12.60 where id = {ORDER}"""
    )
    assert str(rows(f"select total from orders where id = {ORDER}")[0]["total"]) == "12.60"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=items)
def test_what_is_stored_is_what_was_sent_to_the_cent(call, create, rows, lines):
    invoice = create(draft(lines)).json
    totals = [quantity * cents for quantity, cents in lines]

    assert invoice["total"] == text(sum(totals))
    assert [item["total"] for item in invoice["items"]] == [text(each) for each in totals]
    assert call("GET", f"/invoices/{invoice['id']}").json == invoice
    assert sum(totals) <= CENTS


def test_a_page_is_read_from_the_index(rows):
    rows(
        """with placed as (
            insert into orders select gen_random_uuid(), 'u' || n % 50, 'EUR', 0, 'invoiced'
            from generate_series(1, 9000) n returning id, user_id
        ), lines as (
            insert into order_items (order_id, position, product_id, quantity, unit_price)
            select id, 1, 'free', 1, 0 from placed
        ) insert into invoices (order_id, user_id, created_at)
        select id, user_id, now() - random() * interval '1 year' from placed"""
    )
    rows("analyze")
    (row,) = rows(f"explain (format json) {store.PAGE}", "u7", *NEWEST, 21)
    plan = json.dumps(json.loads(row[0]))

    assert '"Index Name": "invoices_user_id"' in plan
    assert '"Index Name": "order_items_order_id"' in plan
    assert '"Sort"' not in plan.replace('"Sort Key"', "")
    assert "Seq Scan" not in plan


def test_the_keys_table_is_the_kits():
    (migration,) = migrations.directory("billing").glob("*_create_idempotency_keys.sql")
    assert (migrations.SERVICES / "kit/idempotency_keys.sql").read_text() in migration.read_text()
    assert idempotency.LIFETIME.days == 1
