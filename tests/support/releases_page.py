"""The table of docs/releases.md: which releases are taken back, and what callers noticed of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.releases import Release

BEGIN, END = "<!-- Measured by tests/local/test_releases.py -->\n", "<!-- End -->"
HEAD = """| a new version that | verdict | callers who noticed | seconds from the first of them to the return |
|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of one release."""

    release: Release
    calls: int
    """Calls of the whole system while it was delivered."""
    noticed: int
    seconds: float | None
    """From the first caller who noticed until the previous version had all calls. None: nobody did."""


def written(page: str, rows: Sequence[Row]) -> str:
    """Returns the page with these rows."""
    lines = "".join(_line(row) for row in rows)
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{HEAD}{lines}\n{END}", page, flags=re.DOTALL
    )


def verdict_of(release: Release) -> str:
    return "passes" if release.verdict is None else "returned"


def _line(row: Row) -> str:
    seconds = "-" if row.seconds is None else f"{row.seconds:.0f}"
    return f"| {row.release.name} | {verdict_of(row.release)} | {row.noticed} of {row.calls} | {seconds} |\n"
