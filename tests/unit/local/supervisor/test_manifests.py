from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.supervisor.manifests import MissingError, RefusedError, entries, entry, find, only, seconds, selects, tail
from tests.unit.local.supervisor.cluster import config_map


def test_unknown_keys_are_refused_with_those_that_are_known() -> None:
    assert only({"a": 1}, {"a", "b"}, "x") == {"a": 1}
    with pytest.raises(RefusedError, match=r"x\.c is not supported by the local stack; it knows a, b\."):
        only({"a": 1, "c": 2}, {"b", "a"}, "x")


def test_find_says_where_it_looked() -> None:
    objects = {"ConfigMap/shop/a": config_map("shop", "a", {})}
    assert find(objects, "ConfigMap", "shop", "a") is objects["ConfigMap/shop/a"]
    with pytest.raises(MissingError, match="ConfigMap 'a' does not exist in the namespace 'other'"):
        find(objects, "ConfigMap", "other", "a")
    with pytest.raises(MissingError, match=r"Namespace 'x' does not exist\."):
        find(objects, "Namespace", "", "x")


def test_content_is_text_or_encoded() -> None:
    holder = config_map("shop", "a", {"text": "é"}) | {"binaryData": {"raw": "/w=="}}
    assert entries(holder) == {"text": "é".encode(), "raw": b"\xff"}
    with pytest.raises(MissingError, match="ConfigMap 'a' has no key 'b'"):
        entry(holder, "b")


@pytest.mark.parametrize(
    ("selector", "found"),
    [({}, True), ({"matchLabels": {"a": "1"}}, True), ({"matchLabels": {"a": "1", "c": "3"}}, False)],
)
def test_selectors_compare_labels(selector: dict[str, dict[str, str]], found: bool) -> None:
    assert selects(selector, {"a": "1", "b": "2"}, "x") is found


def test_selector_expressions_are_refused() -> None:
    with pytest.raises(RefusedError, match="matchExpressions"):
        selects({"matchExpressions": []}, {}, "x")


@pytest.mark.parametrize(
    ("text", "value"), [("20s", 20), ("500ms", 0.5), ("1h30m", 5400), ("1m5s10ms", 65.01), ("0s", 0)]
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text, "x") == pytest.approx(value)


@given(st.text(alphabet="0123456789hms .-", max_size=6))
def test_a_duration_is_a_number_or_refused(text: str) -> None:
    with suppress(RefusedError):
        assert seconds(text, "x") >= 0


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert tail(file) == ""
    file.write_text("x" * 10000 + "\none\n\n two\nthree\n")
    assert tail(file) == "one | two | three"
    assert tail(file, 1) == "three"
