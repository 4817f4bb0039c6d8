"""The checks of a request, all of them at once."""

import pytest

from app.contract.problems import ProblemError
from app.functions.kit import request
from app.functions.kit.request import Request
from app.functions.orchestrator import validators
from app.functions.orchestrator.operations import OPERATIONS

LIST, PUT, INVOICES = (
    OPERATIONS["GET /users"],
    OPERATIONS["PUT /users/{userId}"],
    OPERATIONS["GET /users/{userId}/invoices"],
)
JSON = {"content-type": "application/json"}
FIELDS = '{"name":"Ada","role":"Engineer"}'


def read(event: dict, operation) -> Request:
    return request.read(event, request.headers(event), operation, validators)


def errors(event: dict, operation) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        read(event, operation)
    assert caught.value.kind.status == 422
    return [(each.get("parameter") or each["pointer"], each["detail"]) for each in caught.value.errors]


def test_values_come_from_everywhere_and_have_their_types(event):
    made = event(headers=JSON | {"If-Match": '"3"', "x-other": "1"}, body=FIELDS, path={"userId": "7", "proxy": "x"})
    found = read(made, PUT)

    assert found.parameters == {"userId": "7", "If-Match": '"3"'}
    assert found.body == {"name": "Ada", "role": "Engineer"}
    assert found.raw == FIELDS.encode()
    assert read(event(query={"limit": "100", "cursor": "abc"}), LIST).parameters == {"limit": 100, "cursor": "abc"}
    assert read(event(), LIST).parameters == {}


INTEGER = "must be integer"


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("", INTEGER), ("5,6", INTEGER), ("5.0", INTEGER), ("1e2", INTEGER), ("+5", INTEGER), (" 5", INTEGER),
        ("05", INTEGER), ("0x5", INTEGER), ("\u0665", INTEGER), ("5\n", INTEGER), ("true", INTEGER),
        ("9" * 5000, INTEGER),
        ("0", "must be bigger than or equal to 1"), ("-1", "must be bigger than or equal to 1"),
        ("101", "must be smaller than or equal to 100"), ("9" * 18, "must be smaller than or equal to 100"),
    ],
)  # fmt: skip
def test_an_integer_of_the_query_is_one(event, value, detail):
    assert errors(event(query={"limit": value}), LIST) == [("limit", detail)]


@pytest.mark.parametrize("value", ["", "a,b", "a b", "a/b", "a\n", "x" * 513, "é", "\ud800", "\x00"])
def test_a_text_of_the_query_matches_its_pattern(event, value):
    assert [name for name, _ in errors(event(query={"cursor": value}), LIST)] == ["cursor"]


def test_a_parameter_of_the_query_that_is_not_known_is_named(event):
    made = event(query={"limit": "5", "Limit": "5", "offset": "1"})
    assert errors(made, LIST) == [
        ("Limit", "is not a parameter of the query"),
        ("offset", "is not a parameter of the query"),
    ]


def test_the_query_does_not_reach_the_path(event):
    made = event(path={"userId": "7"}, query={"userId": "8"})
    assert errors(made, INVOICES) == [("userId", "is not a parameter of the query")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("if-match", "3"), ("if-match", "*"), ("if-match", '"3"\n'), ("if-match", '"3","4"'), ("if-match", 'W/"3"'),
        ("if-match", '"' + "x" * 65 + '"'), ("if-none-match", '"3"'), ("if-none-match", "**"),
    ],
)  # fmt: skip
def test_a_header_matches_its_schema(event, name, value):
    made = event(headers=JSON | {name: value}, body=FIELDS, path={"userId": "7"})
    assert [parameter.lower() for parameter, _ in errors(made, PUT)] == [name]


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "a,b", "é", "k\n"])
def test_an_idempotency_key_matches_its_pattern(event, value):
    operation = OPERATIONS["POST /events"]
    made = event(headers=JSON | {"Idempotency-Key": value}, body='{"events":[]}')
    assert errors(made, operation) == [
        ("Idempotency-Key", "must match pattern ^[A-Za-z0-9_.:-]{1,128}$"),
        ("/events", "must contain at least 1 items"),
    ]


def test_everything_that_is_wrong_is_listed_at_once(event):
    made = event(
        headers=JSON | {"if-match": "3", "x-request-id": "?", "traceparent": "?"},
        body='{"name":"a\\u0000","rank":1}',
        path={"userId": "a b"},
        query={"force": "1"},
    )
    assert errors(made, PUT) == [
        ("userId", "must match pattern ^[A-Za-z0-9_-]+$"),
        ("If-Match", 'must match pattern ^"[A-Za-z0-9_-]{1,64}"$'),
        ("force", "is not a parameter of the query"),
        ("/role", "is required"),
        ("/name", "must match pattern ^[^\\x00-\\x1f\\x7f]*$"),
        ("/rank", "is not a known member"),
    ]


@pytest.mark.parametrize("body", ["[1]", f'{{"events":[{"{}," * 20_000}{{}}]}}', f'{{"events":[{"1," * 30_000}1]}}'])
def test_an_answer_stays_small_whatever_was_sent(event, body):
    found = errors(event(body=body), OPERATIONS["POST /events"])
    assert 1 <= len(found) <= 100


@pytest.mark.parametrize("given", [None, {}])
def test_an_event_may_lack_what_was_not_sent(event, given):
    made = event() | {"queryStringParameters": given, "pathParameters": given, "headers": given}
    assert read(made, LIST).parameters == {}
    assert errors(made, INVOICES) == [("userId", "is required")]


def test_a_body_where_none_is_taken_is_not_looked_at(event):
    assert read(event(body="{", query={}), LIST) == Request(parameters={})


@pytest.mark.parametrize("name", request.CONDITIONS)
def test_a_change_is_not_made_when_its_condition_is_not_known(event, name):
    made = event(headers=JSON | {name: "*"}, body=FIELDS, path={"userId": "7"})
    patch = OPERATIONS["PATCH /users/{userId}"]

    if name.lower() in patch.headers:
        assert name not in dict(errors(event(headers=JSON, body="{}", path={"userId": "7"}), patch))
    else:
        assert (name, "is no condition of this operation") in errors(made, patch)
    assert read(event(headers={name: "*"}), LIST).parameters == {}
