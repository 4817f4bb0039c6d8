"""Money is exact, from a caller's text to the sum and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.services.billing.models import Draft, InvoicedItem, total
from app.services.kit.fields import MAX_MONEY
from tests.support.contract import document

CENTS = 9_999_999_999
"""The largest amount."""


def text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


quantities = st.integers(1, 1000)
items = st.lists(
    quantities.flatmap(lambda n: st.tuples(st.just(n), st.integers(0, CENTS // 100 // n))), min_size=1, max_size=100
)


def draft(lines: list[tuple[int, int]]) -> dict:
    items = [{"product_id": "p", "quantity": quantity, "unit_price": text(cents)} for quantity, cents in lines]
    return {"user_id": "a", "currency": "EUR", "items": items}


@given(items)
def test_the_total_is_the_sum_of_the_lines_to_the_cent(lines):
    parsed = Draft.model_validate(draft(lines))

    assert format(total(parsed.items), "f") == text(sum(quantity * cents for quantity, cents in lines))


@given(st.integers(0, CENTS))
def test_an_amount_comes_back_as_it_came(cents):
    given = {"product_id": "p", "quantity": 1, "unit_price": text(cents), "total": text(cents)}

    assert InvoicedItem.model_validate(given).model_dump(mode="json") == given


@given(st.lists(st.tuples(quantities, st.integers(0, CENTS)), min_size=1, max_size=100))
def test_what_decimal_10_2_does_not_hold_is_refused_and_nothing_else(lines):
    if sum(quantity * cents for quantity, cents in lines) <= CENTS:
        assert total(Draft.model_validate(draft(lines)).items) <= MAX_MONEY
    else:
        with pytest.raises(ValidationError, match=r"must not cost more than 99999999\.99 in total"):
            Draft.model_validate(draft(lines))


def test_the_same_content_written_otherwise_is_the_same_request():
    first = draft([(1, 100)]) | {"order_id": "0D1F3B6A-7C1E-4A56-8F0B-9E2D4C6A8B10"}
    second = {key: first[key] for key in reversed(first)} | {"order_id": "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10"}

    assert Draft.model_validate(first).model_dump_json() == Draft.model_validate(second).model_dump_json()


def test_the_members_are_those_of_the_contract():
    contract = document()["components"]["schemas"]
    service = Draft.model_json_schema()
    pairs = [
        (service["properties"]["user_id"], contract["UserId"]),
        (service["properties"]["currency"], contract["Currency"]),
        (service["properties"]["items"], contract["InvoiceDraft"]["properties"]["items"]),
        (service["$defs"]["Item"]["properties"]["product_id"], contract["ProductId"]),
        (service["$defs"]["Item"]["properties"]["quantity"], contract["Item"]["properties"]["quantity"]),
    ]
    rules = ("type", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum")

    for ours, theirs in pairs:
        assert {rule: ours.get(rule) for rule in rules} == {rule: theirs.get(rule) for rule in rules}
    of_the_system = {"order_id"}  # the order that fulfilment invoices; no caller can name one
    assert service["properties"].keys() - of_the_system == contract["InvoiceDraft"]["properties"].keys()
    assert set(service["required"]) == set(contract["InvoiceDraft"]["required"])
