"""The failures that count for a function and for its version, from every entry point: none of them is silent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.contract.correlation import accept
from app.contract.logs import LEVELS
from app.contract.metrics import BY_VERSION, DEAD_LETTERS, FAILURES
from app.functions.kit.logs import PART, Log, LogEntry
from app.functions.kit.metrics import VERSION
from tests.support.embedded import metrics

Captured = pytest.CaptureFixture[str]
KEYS = {("orders",), ("orders", VERSION)}


def written(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture(params=LEVELS)
def log(request: pytest.FixtureRequest) -> Log:
    """The log of a function, at each level that it can be set to."""
    return Log(service="orders", level=request.param)


def test_every_line_of_an_error_counts_whatever_the_level(log: Log, capsys: Captured) -> None:
    log.write("ERROR", "A batch of events was not published.", reason="no bus")
    log.entry("request", LogEntry(correlation=accept(None, None)), level="ERROR")
    for line in written(capsys):
        assert {key: values[FAILURES] for key, values in metrics(line).items()} == dict.fromkeys(KEYS, 1)


def test_what_has_not_failed_does_not_count(log: Log, capsys: Captured) -> None:
    log.write("WARNING", "A message could not be postponed.", reason="gone")
    log.entry("request", LogEntry(correlation=accept(None, None)))
    log.entry("request", LogEntry(correlation=accept(None, None)), level="WARNING")
    assert not [line for line in written(capsys) if FAILURES in line]


@pytest.mark.parametrize("message", [PART, "request"])
def test_whether_an_error_counts_does_not_hang_on_its_text(message: str, log: Log, capsys: Captured) -> None:
    log.entry(message, LogEntry(correlation=accept(None, None)), level="ERROR", counts=False)
    log.entry(message, LogEntry(correlation=accept(None, None)), level="ERROR")
    assert [FAILURES in line for line in written(capsys)] == [False, True]


def test_a_dead_letter_counts_when_it_is_known(log: Log, capsys: Captured) -> None:
    log.dead_letter(reason="It is no event.")
    (line,) = written(capsys)
    assert metrics(line) == {key: {FAILURES: 1, DEAD_LETTERS: 1} for key in KEYS}


def test_a_failure_of_a_message_that_nobody_can_read_is_a_dead_letter(log: Log, capsys: Captured) -> None:
    entry = LogEntry(correlation=accept(None, None))
    entry.dead_letter()
    log.entry("event", entry, level="ERROR")
    (line,) = written(capsys)
    assert metrics(line) == {key: {FAILURES: 1, DEAD_LETTERS: 1} for key in KEYS}


def test_a_function_and_its_version_are_the_dimensions() -> None:
    assert BY_VERSION == (("service",), ("service", "version"))
