from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.operation import Source
from app.contract.operations import OPERATIONS
from app.contract.problems import ProblemError
from app.edge.orchestrator import target
from app.edge.request import Request

LOOKUP = OPERATIONS["POST /users"]
UNCHECKED = replace(
    LOOKUP,
    path="/users/{user_id}/orders/{order_id}",
    parameters={"user_id": Source(place="body", name="user"), "order_id": Source(place="path", name="orderId")},
)


def test_a_value_comes_from_where_the_contract_says():
    assert target(UNCHECKED, Request(path={"orderId": "7"}, body={"user": "1"})) == "/users/1/orders/7"
    assert target(UNCHECKED, Request(path={"orderId": "7"}, body={"user": 1})) == "/users/1/orders/7"


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("../admin", "..%2Fadmin"),
        ("..%2fadmin", "..%252fadmin"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("a;b", "a%3Bb"),
        ("a\\..\\b", "a%5C..%5Cb"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("{user_id}", "%7Buser_id%7D"),
        ("ü", "%C3%BC"),
    ],
)
def test_a_value_stays_one_segment(value, segment):
    assert target(UNCHECKED, Request(path={"orderId": "7"}, body={"user": value})) == f"/users/{segment}/orders/7"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_means_another_path_is_not_found(value):
    with pytest.raises(ProblemError) as caught:
        target(UNCHECKED, Request(path={"orderId": value}, body={"user": "1"}))
    assert caught.value.kind.status == 404


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_values_the_route_is_the_contracts(user, order):
    try:
        path = target(UNCHECKED, Request(path={"orderId": order}, body={"user": user}))
    except ProblemError:
        assert {user, order} & {"", ".", ".."}
        return
    assert path.isascii()
    assert urlsplit(f"https://ingress{path}").path == path
    _, users, first, orders, second = path.split("/")
    assert (users, unquote(first), orders, unquote(second)) == ("users", user, "orders", order)
