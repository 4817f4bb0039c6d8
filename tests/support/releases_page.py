"""The table of docs/releases.md: which releases are taken back, and what callers noticed of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.releases import RELEASES, Release

BEGIN, END = "<!-- Measured by tests/local/test_releases.py -->\n", "<!-- End -->"
HEAD = """| a new version that | verdict | callers who noticed | seconds from the first of them to the return |
|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The measurements of one release."""

    release: Release
    calls: int
    """Calls of the whole system while it was delivered."""
    noticed: int
    seconds: float | None
    """The seconds from the first caller who noticed until the previous version had all calls. None: nobody noticed."""


def written(page: str, rows: Sequence[Row]) -> str:
    """Returns the page with these rows in the place of those of the same releases."""
    table = re.search(f"{re.escape(BEGIN)}(.*?){re.escape(END)}", page, flags=re.DOTALL)
    assert table
    lines = {line.split("|")[1].strip(): f"{line}\n" for line in table[1].splitlines() if line.startswith("| ")}
    lines |= {row.release.name: _line(row) for row in rows}
    body = "".join(lines[release.name] for release in RELEASES if release.name in lines)
    return f"{page[: table.start()]}{BEGIN}\n{HEAD}{body}\n{END}{page[table.end() :]}"


def verdict_of(release: Release) -> str:
    return "passes" if release.verdict is None else "returned"


def _line(row: Row) -> str:
    seconds = "-" if row.seconds is None else f"{row.seconds:.0f}"
    return f"| {row.release.name} | {verdict_of(row.release)} | {row.noticed} of {row.calls} | {seconds} |\n"
