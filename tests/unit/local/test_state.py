from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from local.errors import LocalError
from local.state import Entry, State
from planning.wire import secret

ENTRY = Entry(
    urn="u", type="t", name="n", custom=True, id="i", inputs={"k": [secret({"deep": 1})]}, dependencies=("x", "y")
)


def test_what_was_put_is_read_back_in_order(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    state.put(ENTRY)
    state.put(Entry(urn="v", type="t", name="m", custom=False))
    again = State(tmp_path / "state.json")
    assert list(again) == list(state)
    assert again.get("u") == ENTRY


def test_a_removed_entry_is_gone_from_the_file(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    state.put(ENTRY)
    state.remove("u")
    assert list(State(tmp_path / "state.json")) == []


@pytest.mark.parametrize("damage", ["cut", "empty", "not json", "no resources", "wrong entry", "wrong cipher"])
def test_damaged_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state.json"
    State(path).put(ENTRY)
    text = path.read_text()
    content = json.loads(text)
    if damage == "wrong entry":
        content["resources"][0] = Fernet((tmp_path / "state.key").read_bytes()).encrypt(b"{}").decode()
    if damage == "wrong cipher":
        content["resources"][0] = "AAAA"
    damaged = {
        "cut": text[: len(text) // 2],
        "empty": "",
        "not json": "hello",
        "no resources": '{"version": 3}',
    }
    path.write_text(damaged.get(damage) or (json.dumps(content) if "wrong" in damage else ""))
    with pytest.raises(LocalError, match=r"state\.json is damaged .* `make down PURGE=1`"):
        State(path)


def test_other_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State(path).put(ENTRY)
    path.write_text(json.dumps({"version": 99, "resources": []}))
    with pytest.raises(LocalError, match="has the format 99; this program reads 3"):
        State(path)


def test_missing_key_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State(path).put(ENTRY)
    (tmp_path / "state.key").unlink()
    with pytest.raises(LocalError, match=r"key .*state\.key is missing"):
        State(path)


def test_a_key_that_was_stopped_while_it_was_written_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            State(tmp_path / "state.json")
    State(tmp_path / "state.json").put(ENTRY)
    assert State(tmp_path / "state.json").get("u") == ENTRY
