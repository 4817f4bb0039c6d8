"""The file of the spans: it is bounded, private, and made anew when it is damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from telemetry.span import Span
from telemetry.store import Store, find


def span(number: int, *, trace: str = "") -> Span:
    return Span(
        trace_id=trace or f"{number:032x}",
        span_id=f"{number:016x}",
        parent_id="",
        service="users",
        name="GET",
        kind="SERVER",
        began=number,
        ended=number + 1,
        failed=False,
        attributes={"crosscloud.request_id": f"request-{number}"},
        links=(),
        resource={},
    )


def test_the_oldest_spans_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "spans.sqlite", most=10)
    for number in range(40):
        store.add([span(number)])
    kept = [number for number in range(40) if store.find(f"request-{number}")]
    store.close()
    assert kept[-10:] == list(range(30, 40))
    assert len(kept) < 20


def test_another_process_reads_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "spans.sqlite"
    writer = Store(path)
    writer.add([span(1), span(2, trace=f"{1:032x}")])
    assert [each.span_id for each in find(path, "request-1")] == [f"{1:016x}", f"{2:016x}"]
    writer.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_who_only_reads_leaves_a_file_that_can_not_be_read_to_the_collector(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spans.sqlite"
    path.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        find(path, "request-1")
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_damaged_file_gives_way_to_a_new_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spans.sqlite"
    path.write_bytes(content)
    store = Store(path)
    store.add([span(1)])
    assert store.find("request-1") == [span(1)]
    store.close()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "telemetry" / "spans.sqlite"
    Store(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
