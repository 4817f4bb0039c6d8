"""Pages of a list. A cursor says where the last page ended."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.contract import ijson, problems
from app.contract.problems import ProblemError

DEFAULT_LIMIT = 20
"""The number of items of a page by default, as the contract says."""

T = TypeVar("T")


def page(items: Sequence[T], limit: int, document: Callable[[T], Any], position: Callable[[T], Sequence[str]]) -> Any:
    """Returns the page with the first `limit` items. `items` has one more than that where there is another page."""
    shown = items[:limit]
    cursor = encode(position(shown[-1])) if len(items) > limit else None
    return {"items": [document(item) for item in shown], "next_cursor": cursor}


def encode(position: Sequence[str]) -> str:
    """Returns the cursor for a position. It is opaque to callers, and no secret."""
    return base64.urlsafe_b64encode(json.dumps(list(position), separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, *forms: re.Pattern[str]) -> list[str]:
    """Returns the position that a cursor stands for: a part of each form.

    Raises ProblemError (422) for another cursor.
    """
    try:
        parts = ijson.parse(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, ProblemError):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(forms)
        or not all(isinstance(part, str) and form.fullmatch(part) for part, form in zip(parts, forms, strict=True))
    ):
        detail = "This is no next_cursor of this list. Leave it out to begin with the first page."
        raise problems.invalid([{"parameter": "cursor", "detail": detail}])
    return parts
