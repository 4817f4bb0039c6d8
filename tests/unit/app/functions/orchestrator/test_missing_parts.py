"""The failures of one of several services: a part that may be missing is, and one that is needed fails the whole."""

import json

import pytest

from tests.support.scripted import sends
from tests.unit.app.functions.orchestrator.failures import (
    FAILURES,
    OVERVIEW,
    PAGE,
    PROBLEM,
    USER,
    assert_in_time,
    assert_problem,
    seconds_of,
)


@pytest.mark.parametrize("name", FAILURES)
def test_a_part_that_may_be_missing(invoke, event, services, released, name):
    behaviour, _ = FAILURES[name]
    service = services(paths={"/users": USER, "/invoices": behaviour(released), "/events": PAGE})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=seconds_of(name))

    assert done.status == 200
    assert done.json == {
        "user": {"id": "123", "name": "Mark Wells", "role": "Engineer"},
        "invoices": None,
        "activity": [],
        "degraded": ["billing"],
    }
    assert done.log["degraded"] == ["billing"]
    assert_in_time(done, name)
    lines = {line["part"]: line for line in done.lines[:-1]}
    assert {name: line["UpstreamErrors"] for name, line in lines.items()} == {"user": 0, "invoices": 1, "activity": 0}
    assert lines["invoices"]["reason"]
    assert lines["invoices"]["level"] == "ERROR"


@pytest.mark.parametrize("name", FAILURES)
def test_without_a_required_part_there_is_no_answer(invoke, event, services, released, name):
    behaviour, status = FAILURES[name]
    service = services(paths={"/users": behaviour(released), "/invoices": PAGE, "/events": PAGE})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=seconds_of(name))

    assert_problem(done, status)
    assert_in_time(done, name)


def test_a_part_that_is_needed_and_refuses(invoke, event, services):
    nobody = json.dumps({"type": "tag:crosscloud,2026:not-found", "status": 404}).encode()
    paths = {"/users": sends(nobody, status=404, media_type=PROBLEM), "/invoices": PAGE, "/events": PAGE}
    done = invoke(event(**OVERVIEW), port=services(paths=paths).port)

    assert (done.status, done.json["type"]) == (404, "tag:crosscloud,2026:not-found")
    assert done.log["level"] == "INFO"


@pytest.mark.parametrize("status", [404, 422])
def test_a_part_that_may_be_missing_and_refuses_is_missing(invoke, event, services, status):
    paths = {"/users": USER, "/invoices": sends(b"{}", status=status, media_type=PROBLEM), "/events": PAGE}

    assert invoke(event(**OVERVIEW), port=services(paths=paths).port).json["degraded"] == ["billing"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"items":null}', b"null", b"7"])
def test_a_part_without_what_is_selected_is_missing(invoke, event, services, body):
    paths = {"/users": USER, "/invoices": sends(body), "/events": PAGE}
    done = invoke(event(**OVERVIEW), port=services(paths=paths).port)

    assert (done.json["invoices"], done.json["degraded"]) == (None, ["billing"])
    (reason,) = [line["reason"] for line in done.lines if line.get("part") == "invoices"]
    assert "without items" in reason
