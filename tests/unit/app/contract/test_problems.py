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
