import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.problems import ProblemError
from app.functions.kit import pages as pagination

ANY = re.compile(r".*", re.DOTALL)


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_position_survives_the_way_out_and_back(position):
    cursor = pagination.encode(position)

    assert re.fullmatch(r"[A-Za-z0-9_-]*", cursor)
    assert pagination.decode(cursor, *[ANY] * len(position)) == position


@pytest.mark.parametrize(("found", "shown", "more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_one_row_more_than_the_page_holds_means_another_page(found, shown, more):
    page = pagination.page([f"i{n}" for n in range(found)], 2, str.upper, lambda each: [each])

    assert page["items"] == ["I0", "I1"][:shown]
    assert page["next_cursor"] == (pagination.encode(["i1"]) if more else None)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "AAAA",
        pagination.encode(["b"]),
        pagination.encode(["a", "a"]),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b"[NaN]").decode(),
        base64.urlsafe_b64encode(b'["a\\n"]').decode(),
    ],
)
def test_a_cursor_of_something_else_is_refused_by_name(cursor):
    with pytest.raises(ProblemError) as caught:
        pagination.decode(cursor.rstrip("="), re.compile("a"))

    assert (caught.value.kind.status, caught.value.errors[0]["parameter"]) == (422, "cursor")
