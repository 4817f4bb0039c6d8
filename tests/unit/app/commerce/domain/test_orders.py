from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commerce.domain import money
from app.commerce.domain.orders import GIVES_STOCK_BACK, TRANSITIONS, RequestedLine, Status, in_state, new_order
from app.commerce.domain.products import Product
from app.commerce.errors import InvalidOrderError, OutOfStockError, TransitionError

AT = "2026-11-02T09:30:00.000000Z"


def product(product_id: str, **changes) -> Product:
    members = {"name": "Pen", "description": None, "price": 120, "currency": "EUR", "quantity": 5, "reserved": 0}
    return Product(id=product_id, version=1, created_at=AT, updated_at=AT, **(members | changes))


def placed(lines: list[tuple[str, int]], *products: Product):
    requested = [RequestedLine(product_id=product_id, quantity=quantity) for product_id, quantity in lines]
    return new_order(requested, {each.id: each for each in products}, order_id="o", customer_id="alice", at=AT)


def refusal(lines: list[tuple[str, int]], *products: Product) -> tuple[type, list]:
    """The kind of the error, and the lines that it names, with their members where it says them."""
    with pytest.raises((InvalidOrderError, OutOfStockError)) as caught:
        placed(lines, *products)
    error = caught.value
    if isinstance(error, OutOfStockError):
        return OutOfStockError, list(error.lines)
    return InvalidOrderError, [(line.line, line.member) for line in error.lines]


def test_the_prices_are_the_products():
    order = placed([("a", 2), ("b", 1)], product("a", price=450), product("b", price=120))

    assert (order.status, order.version, order.total) == (Status.PENDING, 1, 1020)
    assert order.document()["items"] == [
        {"product_id": "a", "quantity": 2, "unit_price": "4.50", "total": "9.00"},
        {"product_id": "b", "quantity": 1, "unit_price": "1.20", "total": "1.20"},
    ]
    assert order.document()["total"] == "10.20"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 100_000)), min_size=1, max_size=50))
def test_money_adds_up_to_the_cent(lines):
    products = [product(str(i), price=price, quantity=1000) for i, (_, price) in enumerate(lines)]
    total = sum(Decimal(quantity) * Decimal(price) / 100 for quantity, price in lines)
    wanted = [(str(i), quantity) for i, (quantity, _) in enumerate(lines)]
    if total * 100 > money.LARGEST:
        assert refusal(wanted, *products) == (InvalidOrderError, [(None, None)])
        return

    document = placed(wanted, *products).document()

    assert Decimal(document["total"]) == total
    assert sum(Decimal(item["total"]) for item in document["items"]) == total


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("a", 1), ("x", 1), ("b", 1), ("y", 1)], (InvalidOrderError, [(1, "product_id"), (3, "product_id")])),
        ([("a", 1), ("b", 1), ("a", 1)], (InvalidOrderError, [(2, "product_id")])),
        ([("a", 1), ("dollars", 1)], (InvalidOrderError, [(1, "product_id")])),
        ([("a", 6), ("b", 5), ("few", 2)], (OutOfStockError, [0, 2])),
        ([("dear", 2)], (InvalidOrderError, [(None, None)])),
    ],
    ids=["unknown", "repeated", "currencies", "stock", "total"],
)
def test_a_refusal_names_the_lines(lines, expected):
    products = [
        product("a"),
        product("b"),
        product("dollars", currency="USD"),
        product("few", quantity=1),
        product("dear", price=money.LARGEST),
    ]

    assert refusal(lines, *products) == expected


def test_everything_that_is_left_can_be_ordered():
    assert placed([("a", 5)], product("a", quantity=5)).total == 600


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("to", Status)
def test_a_state_changes_only_into_the_states_that_may_follow(before, to):
    order = replace(placed([("a", 1)], product("a")), status=before, version=3)
    if (before, to) in {
        (Status.PENDING, Status.CONFIRMED),
        (Status.PENDING, Status.CANCELLED),
        (Status.CONFIRMED, Status.INVOICED),
        (Status.CONFIRMED, Status.FAILED),
    }:
        after = in_state(order, to, at="later")
        assert (after.status, after.version, after.updated_at) == (to, 4, "later")
    else:
        with pytest.raises(TransitionError):
            in_state(order, to, at="later")


def test_what_gives_the_stock_back_is_final():
    assert {status for status in GIVES_STOCK_BACK if TRANSITIONS[status]} == set()
