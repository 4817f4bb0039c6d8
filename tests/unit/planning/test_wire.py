from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from planning.errors import PlanningError
from planning.wire import (
    ARCHIVE,
    RESOURCE,
    SIGNATURE,
    UNKNOWN,
    Archive,
    decode,
    encode,
    holds_secret,
    holds_unknown,
    pinned,
    plain,
    secret,
)


def test_numbers_and_absent_values_survive_the_wire() -> None:
    value = {"whole": 3, "part": 0.5, "list": [1, {"x": True}], "text": "3"}
    assert decode(encode({**value, "absent": None})) == value


def test_secrets_are_found_and_unwrapped_at_any_depth() -> None:
    value = {"a": [{"b": secret({"c": secret("deep")})}]}
    assert holds_secret(value)
    assert plain(value) == {"a": [{"b": {"c": "deep"}}]}
    assert not holds_secret(plain(value))
    assert secret(secret(1)) == secret(1)


def test_unknowns_are_found_at_any_depth() -> None:
    assert holds_unknown({"a": ["x", {"b": UNKNOWN}]})
    assert not holds_unknown({"a": ["x", {"b": "known"}]})


def test_reference_to_a_resource_is_its_id_or_urn() -> None:
    assert plain({SIGNATURE: RESOURCE, "urn": "u", "id": "i"}) == "i"
    assert plain({SIGNATURE: RESOURCE, "urn": "u"}) == "u"


def test_archive_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"one")
    value = {"code": {SIGNATURE: ARCHIVE, "path": str(path)}}
    first = pinned(value)
    assert plain(first)["code"] == Archive(path=path, sha256=hashlib.sha256(b"one").hexdigest())
    assert pinned(value) == first
    path.write_bytes(b"two")
    assert pinned(value) != first


@pytest.mark.parametrize("content", [{"assets": {}}, {"uri": "https://example.com/a.zip"}])
def test_other_archives_are_refused(content: dict[str, object]) -> None:
    with pytest.raises(PlanningError, match="that are files"):
        plain({SIGNATURE: ARCHIVE, **content})


def test_missing_archive_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PlanningError, match=r"archive .*gone\.zip, which can't be read"):
        pinned({SIGNATURE: ARCHIVE, "path": str(tmp_path / "gone.zip")})
