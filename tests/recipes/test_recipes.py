"""Performs each recipe of docs/contributing.md on a copy of the repository, and checks the copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.copy import Copy
from tests.recipes.page import recipe, recipes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

CONCERNING_ALL = (
    "tests/unit/test_costs.py",
    "tests/unit/test_deploy.py",
    "tests/unit/test_deploy_rights.py",
    "tests/unit/test_order.py",
    "tests/unit/test_pages.py",
    "tests/unit/test_program.py",
    "tests/unit/test_runbook.py",
    "tests/unit/components",
    "tests/unit/tools/test_settings.py",
    "tests/images",
)
"""Tests that look at the whole program, every service, every function or every page."""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")


def is_page_or_test(path: str) -> bool:
    return path.startswith(("docs/", "tests/", "README.md"))


@pytest.mark.parametrize("heading", recipes())
def test_after_a_recipe_the_checks_pass_and_no_test_was_edited(copy: Copy, heading: str) -> None:
    existing = {str(path.relative_to(copy.root)) for path in copy.root.rglob("*") if path.is_file()}
    copy.perform(recipe(heading))
    by_hand = {step.path for step in recipe(heading) if hasattr(step, "path")}
    assert {path for path in by_hand & existing if is_page_or_test(path)} == set()
    copy.check()
    copy.test(*CONCERNING_ALL)
