"""The size of the local stack, which decision 6 bounds."""

from __future__ import annotations

from pathlib import Path

import local

BOUND = 6_000
"""Lines of Python, with docstrings and blank lines."""


def test_the_local_stack_stays_below_its_bound() -> None:
    files = {path: len(path.read_text().splitlines()) for path in Path(local.__file__).parent.rglob("*.py")}
    largest = sorted(files, key=lambda path: -files[path])[:5]
    assert sum(files.values()) < BOUND, f"docs/decisions/0006 says what then; the largest are {largest}"
