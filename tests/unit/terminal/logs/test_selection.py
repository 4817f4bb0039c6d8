from __future__ import annotations

import datetime as dt
import re

import pytest

from local.errors import LocalError
from terminal.logs import selection
from terminal.logs.line import Line
from terminal.logs.selection import Selection

NOW = dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC)
LINE = Line(
    fields={"service": "users", "level": "WARNING", "message": "Slow statement", "request_id": "mine"},
    began=NOW,
    written=NOW,
)


@pytest.mark.parametrize(
    ("taken", "choice"),
    [
        (True, Selection()),
        (True, Selection(request_id="mine")),
        (False, Selection(request_id="other")),
        (True, Selection(since=NOW)),
        (False, Selection(since=NOW + dt.timedelta(seconds=1))),
        (True, Selection(services=("billing", "users"))),
        (False, Selection(services=("billing",))),
        (True, Selection(level="WARNING")),
        (False, Selection(level="ERROR")),
        (True, Selection(pattern=selection.pattern("slow s"))),
        (True, Selection(pattern=selection.pattern("request_id=mine"))),
        (False, Selection(pattern=selection.pattern("^slow"))),
    ],
)
def test_what_is_taken(taken: bool, choice: Selection) -> None:
    assert choice.takes(LINE) is taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", NOW - dt.timedelta(seconds=30)),
        ("10m", NOW - dt.timedelta(minutes=10)),
        ("2h", NOW - dt.timedelta(hours=2)),
        ("1d", NOW - dt.timedelta(days=1)),
        ("2025-12-31T23:00:00Z", dt.datetime(2025, 12, 31, 23, tzinfo=dt.UTC)),
        ("2025-12-31T23:00:00", dt.datetime(2025, 12, 31, 23).astimezone()),
    ],
)
def test_moments(text: str, expected: dt.datetime) -> None:
    assert selection.moment(text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "10", "m", "-5m", "10 m", "yesterday", "999999999999d", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="--since takes a time such as 30s"):
        selection.moment(text, NOW)


def test_levels_and_patterns_are_named_when_they_are_wrong() -> None:
    assert selection.level("warning") == "WARNING"
    with pytest.raises(LocalError, match=re.escape("--level takes one of DEBUG, INFO, WARNING, ERROR, not 'loud'")):
        selection.level("loud")
    with pytest.raises(LocalError, match=re.escape("--grep takes a regular expression, not '(': missing )")):
        selection.pattern("(")
