"""The tests that `make test FAST=1` leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SLOW_PATHS, STACKS, is_below

UNIT = Path(__file__).parent


def test_every_path_that_is_left_out_exists() -> None:
    assert [path for path in SLOW_PATHS if not path.exists()] == []


def test_stacks_are_left_out_and_something_of_every_part_stays(request: pytest.FixtureRequest) -> None:
    """Looks at the tests that were selected together with this one, which are all tests in a whole run."""
    items = request.session.items
    fast = [item for item in items if not item.get_closest_marker("slow")]
    assert [item.nodeid for item in fast if is_below(item.path, *STACKS)] == []
    parts = {_part(item) for item in items}
    assert parts - {_part(item) for item in fast} <= {"contract", "engine", "images", "local", "recipes"}


def _part(item: pytest.Item) -> str:
    """Returns the folder of tests/unit, or the folder of tests, that a test is in."""
    folder = UNIT if item.path.is_relative_to(UNIT) else UNIT.parent
    return item.path.relative_to(folder).parts[0]
