"""README and the pages of docs: what they link to and name is there, and what nobody has seen is marked."""

from __future__ import annotations

import re

import pytest

from tests.support.program import ROOT

PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_links_to_exist(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(((?:\.\./)*[\w./-]+)[)#]", path.read_text()):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_tests_that_a_page_names_exist(page: str) -> None:
    files = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = {name for text in files for name in re.findall(r"def (test_\w+)\(", text)}
    assert set(re.findall(r"`(test_\w+)`", (ROOT / page).read_text())) <= there


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_speaks_of_the_clouds_says_what_was_not_seen_there(page: str) -> None:
    text = " ".join((ROOT / page).read_text().split())
    if re.search(r"\b(AWS|Azure|AKS|Lambda)\b", text):
        assert re.search(r"been seen on a real account yet", text)
