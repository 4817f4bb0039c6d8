"""Requests that are nearly right: a good body with one hostile value, or with some bytes replaced."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

HOSTILE: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc"]), max_size=3),
    st.sampled_from([[], {}, [[]], {"": ""}, {"\0": "\0"}, 10**400, -0.0, 2**63, 1e308]),
    st.sampled_from(
        ["", "\0", "\ud800", "NaN", "1e999", "-0.00", "99999999.99", "100000000.00", "0" * 300, "x" * 5000]
    ),
    st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "2099-12-31", "T", "Z"]),
)
VALUES = st.one_of(
    st.binary(max_size=12).map(quote_from_bytes),
    st.sampled_from(
        ["%00", "%ed%a0%80", "9" * 400, "-1", "1e3", "NaN", "%26", "=", "%F0%9F%92%A9", "2099-12-31", "W10"]
    ),
    st.sampled_from(["WyJcdTAwMDAiLCJcdWQ4MDAiXQ", "WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjU5IiwiMSJd", "_" * 512]),
)
"""Hostile values of parameters. The last are cursors: with NUL, a lone surrogate, an impossible moment."""


@st.composite
def bodies(draw: st.DrawFn, good: Any) -> bytes:
    """Generates JSON texts, and bytes that are no JSON."""
    value = copy.deepcopy(good)
    container, key = draw(st.sampled_from(list(_places(value))))
    container[key] = draw(HOSTILE)
    raw = json.dumps(value).encode()  # Python writes NaN and lone surrogates too
    if draw(st.booleans()):
        return raw
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(st.binary(max_size=3)) + raw[at + draw(st.integers(0, 3)) :]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yields every container of a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
