"""The waterfall of `trace` shows whatever spans somebody has sent."""

from __future__ import annotations

from typing import Any

import pytest

from telemetry.span import Span
from terminal.trace import _lines

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(own: int, parent: int | None = None, **changed: Any) -> Span:
    members: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": f"{own:016x}",
        "parent_id": "" if parent is None else f"{parent:016x}",
        "service": "users",
        "name": f"span-{own}",
        "kind": "SERVER",
        "began": own,
        "ended": own + 1,
        "failed": False,
        "attributes": {},
        "links": (),
        "resource": {},
    }
    return Span(**{**members, **changed})


def shown(spans: list[Span]) -> list[str]:
    return [line.plain for line in _lines(spans)][1:]


@pytest.mark.parametrize("parents", [[1], [2, 1], [2, 3, 1]])
def test_spans_that_are_parts_of_each_other_are_shown_once_each(parents: list[int]) -> None:
    lines = shown([span(own, parent) for own, parent in enumerate(parents, 1)])
    assert sorted(line.split()[-1] for line in lines) == [f"span-{own}" for own in range(1, len(parents) + 1)]


def test_requests_may_be_nested_as_deep_as_a_caller_likes() -> None:
    lines = shown([span(0), *(span(own, own - 1) for own in range(1, 3000))])
    assert [line.split()[-1] for line in lines] == [f"span-{own}" for own in range(3000)]


def test_what_a_terminal_would_obey_is_shown_as_text() -> None:
    (line,) = shown([span(1, name="\x1b[2J\nx", service="\x1b]0;title\x07", attributes={"error.type": "\x1b[31m"})])
    assert "\x1b" not in line
    assert "\n" not in line
    assert r"\x1b[2J x" in line


def test_a_number_of_receives_that_is_none_is_left_out() -> None:
    (line,) = shown([span(1, attributes={"crosscloud.receives": "many"})])
    assert line.endswith("server span-1")
