"""One line of any log file: what it is of, when its work began, and what is left out."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from console.lines import LONGEST, parse, reason

AT = dt.datetime(2026, 11, 30, 19, 0, tzinfo=dt.UTC).timestamp()


def parsed(file: str = "functions.jsonl", **members: object) -> object:
    return parse(file, json.dumps({"timestamp": "2026-11-30T19:00:00Z", **members}), before=0.0)


def test_an_application_writes_at_the_end_and_envoy_tells_the_begin() -> None:
    by_users = parsed(service="users", message="request", duration_ms=250)
    by_gateway = parsed(service="gateway", message="request", duration_ms=250)
    assert (by_users.began, by_users.ended) == (AT - 0.25, AT)  # type: ignore[attr-defined]
    assert (by_gateway.began, by_gateway.ended) == (AT, AT + 0.25)  # type: ignore[attr-defined]


def test_a_line_keeps_its_members_but_not_the_description_of_its_metrics() -> None:
    line = parsed(service="orders", message="request", duration_ms=1, _aws={"CloudWatchMetrics": []}, OrdersPlaced=1)
    assert "OrdersPlaced" in line.text  # type: ignore[attr-defined]
    assert "_aws" not in line.text  # type: ignore[attr-defined]


def test_a_route_of_the_ingress_is_its_path() -> None:
    line = parsed(service="ingress", message="request", method="GET", path="/users/1", route="apps/users/read")
    assert line.route == "GET /users/1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "level", "time"),
    [
        ("2026-11-30 19:00:00.000 UTC [1] LOG:  ready", "INFO", AT),
        ("2026-11-30 19:00:00.000 UTC [1] FATAL:  no", "ERROR", AT),
        ("[2026-11-30T19:00:00Z][535][warning][config] rejected", "WARNING", AT),
        ("  File 'x.py', line 3, in <module>", "INFO", 7.0),
        ("{broken", "INFO", 7.0),
        ("[1, 2]", "INFO", 7.0),
    ],
)
def test_a_line_of_text_has_the_time_that_it_says_or_that_of_the_line_before(
    text: str, level: str, time: float
) -> None:
    line = parse("postgres.log", text, before=7.0)
    assert (line.service, line.level, line.began) == ("postgres", level, time)


@pytest.mark.parametrize(
    ("file", "service"),
    [("pods/users-80fdda7f48-m2lj8.log", "users"), ("supervisor.log", "supervisor")],
)
def test_a_line_without_a_service_is_of_its_files_part(file: str, service: str) -> None:
    assert parse(file, "plain", before=0.0).service == service


@pytest.mark.parametrize(
    "members",
    [
        {"service": ["list"], "message": {"a": 1}, "duration_ms": "soon"},
        {"timestamp": "not a time", "duration_ms": None},
        {"status": "200", "level": 7, "request_id": None},
        {"status": True, "duration_ms": True},
        {"status": 10**20, "duration_ms": 10**400},
        {"status": -1, "duration_ms": float("inf"), "message": "request"},
    ],
)
def test_members_of_an_unexpected_kind_break_nothing(members: dict[str, object]) -> None:
    line = parse("functions.jsonl", json.dumps(members), before=7.0)
    assert (line.status, line.ms) == (None, None)


def test_a_very_long_line_of_text_is_cut() -> None:
    assert len(parse("envoy.log", "x" * 10 * LONGEST, before=0.0).text) == LONGEST


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"reason": "It is late.", "stack": "Traceback\nKeyError: 'x'\n"}, "It is late."),
        ({"stack": "Traceback\n  File 'x.py', line 3\nKeyError: 'x'\n"}, "KeyError: 'x'"),
        ({"reason": None, "stack": None}, ""),
        ({}, ""),
    ],
)
def test_the_reason_of_a_failure_is_its_own_or_the_end_of_its_stack_trace(line: dict[str, object], why: str) -> None:
    assert reason(line) == why
