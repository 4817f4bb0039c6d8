from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.kubernetes.manifests import MissingError, entries, entry, find, in_seconds, is_duration, selects
from tests.unit.local.kubernetes.cluster import config_map


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
    ("selector", "matches"),
    [({}, True), ({"matchLabels": {"a": "1"}}, True), ({"matchLabels": {"a": "1", "c": "3"}}, False)],
)
def test_selectors_compare_labels(selector: dict[str, dict[str, str]], matches: bool) -> None:
    assert selects(selector, {"a": "1", "b": "2"}) is matches


@pytest.mark.parametrize(
    ("text", "value"), [("20s", "20s"), ("500ms", "0.5s"), ("1h30m", "5400s"), ("1m5s10ms", "65.01s"), ("0s", "0s")]
)
def test_durations(text: str, value: str) -> None:
    assert in_seconds({"a": {"b": text, "c": [text]}}) == {"a": {"b": value, "c": [text]}}


@given(st.text(alphabet="0123456789hms .-", max_size=6))
def test_a_duration_is_a_number_of_seconds(text: str) -> None:
    if is_duration(text):
        assert float(in_seconds(text).removesuffix("s")) >= 0
    else:
        assert in_seconds(text) == text
