import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commerce.storage.attributes import dump, load

VALUES = st.recursive(
    st.text() | st.integers(-(10**30), 10**30) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=3), VALUES, max_size=3))
def test_what_is_stored_comes_back(members):
    assert load(dump(members)) == members


def test_what_is_missing_is_left_out():
    assert dump({"a": None, "b": "x"}) == {"b": {"S": "x"}}


@pytest.mark.parametrize("value", [1.5, b"bytes", {1, 2}])
def test_values_that_no_table_holds_are_an_error(value):
    with pytest.raises(TypeError, match="can't be stored"):
        dump({"a": value})


def test_attributes_of_unknown_types_are_an_error():
    with pytest.raises(TypeError, match="NS"):
        load({"a": {"NS": ["1"]}})
