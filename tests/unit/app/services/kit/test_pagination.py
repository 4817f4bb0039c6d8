import base64
import contextlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.problems import INVALID, ProblemError
from app.services.kit import application
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, encode, moment, page, text
from app.services.kit.routing import Router
from tests.support.asgi import client

ITEMS = [f"item-{number:03}" for number in range(45)]


def rows(after: str, limit: int) -> list[str]:
    return [item for item in ITEMS if item > after][:limit]


router = Router()


@router.get("/items")
async def list_items(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[str]:
    (after,) = decode(cursor, text) or ("",)
    return page(rows(after, limit + 1), limit, item=str.upper, position=lambda row: (row,))


@pytest.fixture
def call(settings):
    with client(application.create(settings, router)) as made:
        yield made


@pytest.mark.parametrize(("limit", "sizes"), [(None, [20, 20, 5]), (45, [45]), (44, [44, 1]), (100, [45])])
def test_pages_show_every_item_once_in_order(call, limit, sizes):
    seen, pages, query = [], [], f"limit={limit}" if limit else ""
    while True:
        body = call("GET", f"/items?{query}").json
        seen += body["items"]
        pages.append(len(body["items"]))
        if body["next_cursor"] is None:
            break
        query = f"cursor={body['next_cursor']}" + (f"&limit={limit}" if limit else "")

    assert pages == sizes
    assert seen == [item.upper() for item in ITEMS]


def test_no_rows_are_one_empty_page():
    assert page([], 5, item=str, position=lambda row: (row,)) == Page[str](items=[], next_cursor=None)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1.5", "limit=", "limit=%00", f"limit={'9' * 5000}"]
)
def test_a_limit_outside_of_its_range_is_named(call, query):
    reply = call("GET", f"/items?{query}")

    assert (reply.status, reply.json["errors"][0]["parameter"]) == (422, "limit")


def raw(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x" * 513, "%00", "a b", "a", "abc", "____", raw([]), raw(["a", "b"]), raw({"a": "b"}), raw([1]), raw("a"),
        raw([None]), raw(b'["\\ud800"]'), raw(b'["\xff"]'), raw(["a\0"]), raw(b"[" * 300), raw(b"[NaN]"),
    ],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_named(call, cursor):
    reply = call("GET", f"/items?cursor={cursor}")

    assert reply.status == 422
    assert [error["parameter"] for error in reply.json["errors"]] == ["cursor"]


POSITION = (datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), UUID(int=7), 9)


def test_a_position_comes_back_as_it_was():
    assert decode(encode(*POSITION), moment, UUID, int) == POSITION
    assert decode(None, text) is None


@pytest.mark.parametrize(
    "parts",
    [
        ["2026-01-02T03:04:05", str(UUID(int=7)), "9"],  # no offset
        ["0001-01-01T00:00:00+23:59", str(UUID(int=7)), "9"],  # before the calendar, in UTC
        ["9999-12-31T23:59:59-23:59", str(UUID(int=7)), "9"],
        ["yesterday", str(UUID(int=7)), "9"],
        ["2026-01-02T03:04:05+00:00", "7", "9"],
        ["2026-01-02T03:04:05+00:00", str(UUID(int=7)), "9" * 5000],
    ],
)
def test_a_part_of_another_kind_makes_it_no_cursor(parts):
    with pytest.raises(ProblemError) as caught:
        decode(raw(parts), moment, UUID, int)
    assert caught.value.kind is INVALID


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=64))
def test_every_text_survives_a_cursor(value):
    assert decode(encode(value), text) == (value,)


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=60))
def test_any_cursor_is_a_position_or_refused(cursor):
    with contextlib.suppress(ProblemError):
        assert decode(cursor, moment, UUID) is not None
