"""Log files are followed in whole lines, whatever happens to a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import tail as tailing
from console.store import Store
from console.tail import Tail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "logs"
    made.mkdir()
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "history.sqlite")
    yield made
    made.close()


def line(number: int) -> str:
    moment = f"2026-11-30T19:00:{number % 60:02}.000000Z"
    return json.dumps({"timestamp": moment, "level": "INFO", "service": "users", "message": f"line {number}"}) + "\n"


def read(folder: Path, store: Store) -> list[str]:
    """Returns the messages that the history has after a look by a reader that has just started."""
    for _ in Tail(folder, store).read():
        continue
    return [row["message"] for row in store.rows("select message from lines order by id")]


def test_what_was_read_is_not_read_again_by_the_next_reader(folder: Path, store: Store) -> None:
    file = folder / "gateway.jsonl"
    file.write_text(line(1))
    assert read(folder, store) == ["line 1"]
    with file.open("a") as log:
        log.write(line(2))
    assert read(folder, store) == ["line 1", "line 2"]


def test_half_a_line_waits_for_its_rest(folder: Path, store: Store) -> None:
    file = folder / "gateway.jsonl"
    file.write_text(line(1) + line(2)[:30])
    assert read(folder, store) == ["line 1"]
    file.write_text(line(1) + line(2))
    assert read(folder, store) == ["line 1", "line 2"]


def test_a_file_that_was_emptied_is_read_from_its_begin(folder: Path, store: Store) -> None:
    file = folder / "gateway.jsonl"
    file.write_text(line(1) + line(2))
    read(folder, store)
    with file.open("w") as log:  # the same inode
        log.write(line(3))
    assert read(folder, store) == ["line 1", "line 2", "line 3"]


def test_a_file_that_took_the_place_of_another_is_read_from_its_begin(folder: Path, store: Store) -> None:
    file = folder / "gateway.jsonl"
    file.write_text(line(1))
    read(folder, store)
    file.rename(folder / "gateway.jsonl.1")
    file.write_text(line(2) + line(3))
    assert read(folder, store) == ["line 1", "line 2", "line 3"]


def test_a_file_larger_than_a_chunk_is_read_whole(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailing, "CHUNK", 100)  # less than a line
    (folder / "gateway.jsonl").write_text("".join(map(line, range(40))))
    assert read(folder, store) == [f"line {number}" for number in range(40)]


def test_a_line_without_an_end_is_taken_when_it_is_too_long(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "LONGEST_LINE", 50)
    monkeypatch.setattr(tailing, "CHUNK", 10)
    (folder / "gateway.jsonl").write_text("x" * 60)
    assert read(folder, store) == ["x" * 50]


def test_files_of_pods_are_read_and_others_are_not(folder: Path, store: Store) -> None:
    (folder / "pods").mkdir()
    (folder / "pods" / "users-80fdda7f48-m2lj8.log").write_text(line(1))
    for name in ("changes.jsonl", "notes.txt"):
        (folder / name).write_text(line(2))
    assert read(folder, store) == ["line 1"]


def test_bytes_that_are_no_text_lose_no_line(folder: Path, store: Store) -> None:
    (folder / "emulator.log").write_bytes(b"\xff\xfe broken\n" + line(1).encode())
    assert read(folder, store)[-1] == "line 1"


def test_a_damaged_history_is_made_again_from_the_files(folder: Path, tmp_path: Path) -> None:
    (folder / "gateway.jsonl").write_text(line(1))
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(b"no database" * 100)
    store = Store(path)
    assert read(folder, store) == ["line 1"]
    store.close()


def test_a_history_of_another_version_is_made_again(tmp_path: Path, folder: Path) -> None:
    (folder / "gateway.jsonl").write_text(line(1))
    path = tmp_path / "old.sqlite"
    store = Store(path)
    read(folder, store)
    store.write([("pragma user_version = 99", ())])
    store.close()
    again = Store(path)
    assert again.rows("select * from lines") == []
    assert read(folder, again) == ["line 1"]
    again.close()


def test_the_oldest_lines_go_when_there_are_too_many(folder: Path, store: Store) -> None:
    (folder / "gateway.jsonl").write_text("".join(map(line, range(10))))
    read(folder, store)
    store.shorten(3)
    assert [row["message"] for row in store.rows("select message from lines order by id")] == [
        "line 7",
        "line 8",
        "line 9",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        '{"status":99999999999999999999,"message":"odd","level":"ERROR"}',
        '{"message":"odd","request_id":"\\ud800","order_id":"\\u0000"}',
        '{"message":"odd","duration_ms":1e999,"timestamp":"9999-12-31T23:59:59Z"}',
    ],
)
def test_a_line_that_holds_what_no_file_can_is_kept_all_the_same(folder: Path, store: Store, odd: str) -> None:
    (folder / "hostile.jsonl").write_text(f"{odd}\n{line(1)}")
    assert read(folder, store) == ["odd", "line 1"]


def test_a_history_that_is_damaged_anywhere_is_made_anew(folder: Path, tmp_path: Path) -> None:
    (folder / "users.jsonl").write_text("".join(line(number) for number in range(500)))
    path = tmp_path / "damaged.sqlite"
    store = Store(path)
    assert len(read(folder, store)) == 500
    store.close()
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 3000] = b"x" * 3000
    path.write_bytes(content)
    store = Store(path)
    assert len(read(folder, store)) == 500
    store.close()
