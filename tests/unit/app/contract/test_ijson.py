import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract import ijson
from app.contract.problems import MALFORMED, ProblemError


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Expecting value at character 0"),
        (b"{", "at character 1"),
        (b'{"a":1} x', "Extra data"),
        (b"{'a':1}", "at character 1"),
        (b"\xef\xbb\xbf{}", "at character 0"),
        (b'"\xff"', "the bytes at 1 are not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'{"a":NaN}', "NaN and Infinity"),
        (b"-Infinity", "NaN and Infinity"),
        (b"1e999", "range of a double"),
        (b'{"a":1,"a":2}', "two members of one name"),
        (b'[{"a":{"b":1,"b":1}}]', "two members of one name"),
        (rb'"\ud800"', "surrogate"),
        (rb'{"\udfff":1}', "surrogate"),
        (rb'["\uD83D"]', "surrogate"),
        (b"1" * 5000, "too many digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'"a\nb"', "control character"),
    ],
)
def test_text_outside_of_i_json_is_refused_and_not_repeated(raw, reason):
    with pytest.raises(ProblemError, match=reason) as caught:
        ijson.parse(raw)

    assert caught.value.kind is MALFORMED
    assert caught.value.__cause__ is None
    assert len(caught.value.detail) < 120


@pytest.mark.parametrize("raw", [rb'"\ud83d\ude00"', '"😀"'.encode(), b" [1, -0.5, 1e3, null, true] ", b'"NaN"'])
def test_i_json_is_taken(raw):
    assert ijson.parse(raw) == json.loads(raw)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)
)


@given(VALUE, st.booleans())
def test_every_value_of_i_json_round_trips(value, ascii_only):
    assert ijson.parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_problem(raw):
    try:
        value = ijson.parse(raw)
    except ProblemError:
        return
    assert not isinstance(value, float) or math.isfinite(value)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
