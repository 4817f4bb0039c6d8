"""Pages of a list by keyset: a cursor tells where the last page ended, so that each page is one look into an index and
rows that come or go move no others (https://use-the-index-luke.com/no-offset).

A route fetches one row more than it shows:

    @router.get("/users")
    async def list_users(request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[User]:
        (after,) = decode(cursor, text) or ("",)
        async with database.connection() as connection:
            rows = await connection.fetch("select ... where id > $1 order by id limit $2", after, limit + 1)
        return page(rows, limit, item=lambda row: User(**row), position=lambda row: (row["id"],))
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar, overload
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from app.contract import ijson, problems
from app.contract.problems import ProblemError

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
"""Items of a page."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items of a page, at most.")]
Cursor = Annotated[
    str | None,
    Query(pattern="^[A-Za-z0-9_-]{1,512}$", description="next_cursor of the page before; without it the first page."),
]

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


class Page(BaseModel, Generic[T]):
    """`next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None


def page(
    rows: Sequence[Any],
    limit: int,
    *,
    item: Callable[[Any], T],
    position: Callable[[Any], tuple[str | int | datetime | UUID, ...]],
) -> Page[T]:
    """The first `limit` of the rows; a row beyond them tells that there is another page.

    `position` is what the rows are sorted by, unique for each, in the order that the route gives to `decode`.
    """
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[item(row) for row in shown], next_cursor=encode(*position(shown[-1])) if more else None)


def encode(*position: str | int | datetime | UUID) -> str:
    """The cursor behind a position: letters, digits, `-` and `_`. It is opaque to callers, and no secret."""
    raw = json.dumps([str(each) for each in position], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@overload
def decode(cursor: None, *kinds: Callable[[str], Any]) -> None: ...
@overload
def decode(cursor: str | None, kind: Callable[[str], A], /) -> tuple[A] | None: ...
@overload
def decode(cursor: str | None, first: Callable[[str], A], second: Callable[[str], B], /) -> tuple[A, B] | None: ...
@overload
def decode(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None: ...
def decode(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """The position in a cursor, each part made by its kind: `text`, `int`, `moment`, `UUID`. None for the first page.

    Raises ProblemError (422) that names the parameter `cursor` when it is none of `encode` with as many parts, or a
    kind raises ValueError or OverflowError.
    """
    if cursor is None:
        return None
    try:
        return tuple(kind(part) for kind, part in zip(kinds, _parts(cursor), strict=True))
    except (ValueError, OverflowError, ProblemError):
        detail = "This is no next_cursor of this list. Leave it out to begin with the first page."
        raise problems.invalid([{"parameter": "cursor", "detail": detail}]) from None


def _parts(cursor: str) -> list[str]:
    parts = ijson.parse(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    if not (isinstance(parts, list) and all(isinstance(part, str) for part in parts)):
        raise ValueError("no list of texts")
    return parts


def text(part: str) -> str:
    """A text that PostgreSQL can hold. Raises ValueError."""
    if "\0" in part:
        raise ValueError("NUL")
    return part


def moment(part: str) -> datetime:
    """A moment, with its offset, that is within the calendar also in UTC. Raises ValueError, OverflowError."""
    value = datetime.fromisoformat(part)
    if value.tzinfo is None:
        raise ValueError("no offset")
    return value.astimezone(UTC)
