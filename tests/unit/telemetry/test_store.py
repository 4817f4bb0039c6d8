"""The file of the spans: it is bounded, private, and made anew when it is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
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


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def overwrite(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}-wal")):
        with each.open("r+b") as file:
            file.write(b"\xa5" * each.stat().st_size)


@pytest.mark.parametrize("harm", [remove, overwrite])
def test_a_file_that_is_lost_while_it_is_in_use_is_made_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    store = Store(tmp_path / "spans.sqlite")
    for number in range(1000):
        store.add([span(number)])
    harm(store.path)
    store.add([span(number) for number in range(2000, 5000)])
    assert find(store.path, "request-2500") == [span(2500)]
    store.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_reader_leaves_a_damaged_file_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spans.sqlite"
    path.write_bytes(content)
    with pytest.raises(sqlite3.Error):
        find(path, "request-1")
    assert path.read_bytes() == content


def test_a_reader_needs_no_writer(tmp_path: Path) -> None:
    store = Store(tmp_path / "spans.sqlite")
    store.add([span(1)])
    store.close()
    assert find(store.path, "request-1") == [span(1)]


def test_a_file_that_is_in_use_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "spans.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.executescript("create table kept (number); begin exclusive")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Store(path)
    other.execute("rollback")
    assert other.execute("select count(*) from kept").fetchone() == (0,)
    other.close()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "telemetry" / "spans.sqlite"
    Store(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
