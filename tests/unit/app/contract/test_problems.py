import json

import pytest

from app.contract import problems
from app.contract.problems import Kind


def kinds() -> list[Kind]:
    return [value for value in vars(problems).values() if isinstance(value, Kind)]


def test_a_document_has_the_members_of_the_contract():
    document = json.loads(problems.document(problems.NOT_FOUND, "No user.", request_id="r-12345678"))

    assert document == {
        "type": "tag:crosscloud,2026:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "No user.",
        "request_id": "r-12345678",
    }


def test_errors_are_listed_and_counted():
    two = [{"pointer": "/a", "detail": "is required"}, {"parameter": "b", "detail": "is required"}]
    error = problems.invalid(two)
    document = json.loads(problems.document(error.kind, error.detail, request_id="r", errors=error.errors))

    assert document["errors"] == two
    assert document["detail"] == "2 violations, listed in errors."
    assert problems.invalid(two[:1]).detail == "1 violation, listed in errors."


def test_a_name_that_has_no_encoding_does_not_break_the_document():
    text = problems.document(problems.INVALID, "x", request_id="r", errors=[{"pointer": "/\ud800", "detail": "y"}])

    assert json.loads(text.encode())["errors"][0]["pointer"] == "/\ud800"


def test_kinds_are_distinct():
    assert len({kind.type for kind in kinds()}) == len(kinds()) > 10


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.slug)
def test_each_problem_has_a_status_of_an_error(kind):
    assert 400 <= kind.status <= 599


NAMES = ["a" * 60_000, "\U0001f600" * 15_000, "\ud800" * 20_000, "~/" * 30_000, "\0" * 60_000]


@pytest.mark.parametrize("name", NAMES, ids=["letters", "astral", "surrogates", "escaped", "controls"])
@pytest.mark.parametrize("make", [lambda name: problems.in_body(("a", name), name), problems.in_parameters])
def test_an_answer_is_small_whatever_names_were_sent(make, name):
    many = [make(name) if make is not problems.in_parameters else make(name, name)] * 2000
    error = problems.invalid(many)
    answer = problems.document(error.kind, error.detail, request_id="r" * 64, errors=error.errors)

    assert error.detail == "2000 violations; the first 100 are listed in errors."
    assert len(json.loads(answer)["errors"]) == problems.LISTED
    assert len(answer.encode()) <= 64 * 1024


def test_a_place_with_a_very_long_name_is_the_value_around_it():
    assert problems.in_body(("items", 3, "x" * 300, "y"), "must be string") == {
        "pointer": "/items/3",
        "detail": "has a member with a very long name, which must be string",
    }
    assert problems.in_body(("items", 3, "x" * 200), "is required")["pointer"] == "/items/3/" + "x" * 200


def test_violations_that_are_not_listed_are_counted():
    listed = [problems.in_parameters("a", "is wrong")] * 100

    assert problems.invalid(listed, total=2000).detail == "2000 violations; the first 100 are listed in errors."
