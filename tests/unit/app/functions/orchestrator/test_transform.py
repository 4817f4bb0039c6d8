from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.callers import Reach
from app.contract.correlation import accept
from app.contract.operation import Forward, Source
from app.contract.problems import ProblemError
from app.functions.kit.principal import Principal
from app.functions.kit.request import Request
from app.functions.orchestrator.transform import headers, target

USER, ORDER = Source(place="body", name="user"), Source(place="path", name="orderId")
UNCHECKED = Forward(
    upstream="users",
    method="GET",
    path="/users/{user_id}/orders/{order_id}",
    parameters={"user_id": USER, "order_id": ORDER},
)


def request(user: object, order: object) -> Request:
    return Request(parameters={"orderId": order}, body={"user": user})


def test_a_value_comes_from_where_the_contract_says():
    assert target(UNCHECKED, request("1", "7")) == "/users/1/orders/7"
    assert target(UNCHECKED, request(1, "7")) == "/users/1/orders/7"


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
    assert target(UNCHECKED, request(value, "7")) == f"/users/{segment}/orders/7"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_means_another_path_is_not_found(value):
    with pytest.raises(ProblemError) as caught:
        target(UNCHECKED, request("1", value))
    assert caught.value.kind.status == 404


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_values_the_route_is_the_contracts(user, order):
    try:
        path = target(UNCHECKED, request(user, order))
    except ProblemError:
        assert {user, order} & {"", ".", ".."}
        return
    assert path.isascii()
    assert urlsplit(f"https://ingress{path}").path == path
    _, users, first, orders, second = path.split("/")
    assert (users, unquote(first), orders, unquote(second)) == ("users", user, "orders", order)


SEARCH = Forward(
    upstream="billing",
    method="GET",
    path="/invoices",
    query={"user_id": ORDER, "limit": Source(place="query", name="limit"), "state": "open&all"},
    headers={"if-match": Source(place="header", name="If-Match"), "prefer": "minimal"},
)


def test_a_query_has_what_was_sent_and_what_the_contract_says():
    assert target(SEARCH, Request(parameters={"orderId": "7", "limit": 5})) == (
        "/invoices?user_id=7&limit=5&state=open%26all"
    )
    assert target(SEARCH, Request(parameters={"orderId": "7"})) == "/invoices?user_id=7&state=open%26all"
    assert target(SEARCH, Request(parameters={"orderId": ""})) == "/invoices?user_id=&state=open%26all"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_value_it_is_one_of_the_query(value):
    parts = urlsplit(f"https://ingress{target(SEARCH, Request(parameters={'orderId': value}))}")

    assert (parts.path, parts.fragment) == ("/invoices", "")
    assert parse_qsl(parts.query, keep_blank_values=True) == [("user_id", value), ("state", "open&all")]


def test_only_named_headers_go_along():
    correlation = accept("caller-0001", None)
    checked = Request(parameters={"orderId": "7", "If-Match": '"3"', "Authorization": "Bearer x"})

    caller = Principal(
        subject="alice@example.com", name="token/alice%40example.com", scopes=frozenset(), reach=Reach.OWN
    )
    assert headers(SEARCH, checked, correlation, caller) == {
        "accept": "application/json",
        "user-agent": "crosscloud-orchestrator",
        "x-request-id": "caller-0001",
        "traceparent": correlation.traceparent,
        "x-principal": "token/alice%40example.com",
        "x-reach": "own",
        "if-match": '"3"',
        "prefer": "minimal",
    }
    assert not {"x-principal", "x-reach"} & headers(SEARCH, checked, correlation, None).keys()
    assert "if-match" not in headers(SEARCH, Request(parameters={"orderId": "7"}), correlation, None)
