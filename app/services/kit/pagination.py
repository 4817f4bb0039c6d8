"""Pages of a list by keyset: a cursor says where the last page ended.

So each page is one look-up in an index, and rows that come or go move no others
(https://use-the-index-luke.com/no-offset).

A route fetches one row more than it shows:

    @router.get("/users")
    async def list_users(database: ServiceDatabase, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[User]:
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
"""Items of a page: when the caller does not say, and at most."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items of a page, at most.")]
Cursor = Annotated[
    str | None,
    Query(pattern="^[A-Za-z0-9_-]{1,512}$", description="next_cursor of the page before; without it the first page."),
]

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


class Page(BaseModel, Generic[T]):
    """A page of a list. `next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None


def page(
    rows: Sequence[Any],
    limit: int,
    *,
    item: Callable[[Any], T],
    position: Callable[[Any], tuple[str | int | datetime | UUID, ...]],
) -> Page[T]:
    """Returns a page of the first `limit` rows. A row beyond them means that there is another page.

    `position` returns the values that the rows are sorted by, unique for each row, in the order in which the route
    gives their kinds to `decode`.
    """
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[item(row) for row in shown], next_cursor=encode(*position(shown[-1])) if more else None)


def encode(*position: str | int | datetime | UUID) -> str:
    """Returns the cursor of a position: letters, digits, `-` and `_`. It is opaque to callers, but no secret."""
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
    """Returns the position in a cursor, each part read by its kind: `text`, `int`, `moment`, `UUID`. No cursor is None.

    Raises ProblemError (422) that names the parameter `cursor` when `encode` did not write it with as many parts, or
    when a kind raises ValueError or OverflowError.
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
    """Returns the part if PostgreSQL can hold it as a text. Raises ValueError."""
    if "\0" in part:
        raise ValueError("NUL")
    return part


def moment(part: str) -> datetime:
    """Returns a moment that was written with its offset, in UTC. Raises ValueError, OverflowError."""
    value = datetime.fromisoformat(part)
    if value.tzinfo is None:
        raise ValueError("no offset")
    return value.astimezone(UTC)
