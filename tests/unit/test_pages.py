"""README and the pages of docs: what they link to and name is there, and what nobody has seen is marked."""

from __future__ import annotations

import re

import pytest

from tests.support.program import ROOT
from tests.support.services import SERVICES

GENERATED = re.compile(r"<!-- (From here on written by [^>]*-->.*|Written by [^>]*-->.*?<!-- End -->)", re.DOTALL)
"""Parts of a page that a tool writes."""
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


def named_services(text: str) -> set[str]:
    return set(re.findall(rf"\b({'|'.join(SERVICES)})\b", text))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_lists_the_services_by_hand(page: str) -> None:
    """A list would be stale with the next service. The page of benchmarks is a record of one run."""
    if page != "docs/benchmarks.md":
        lines = GENERATED.sub("", (ROOT / page).read_text()).splitlines()
        assert [line for line in lines if len(named_services(line)) > 2] == []


def test_no_test_lists_the_services_by_hand() -> None:
    """Tests take them from tests/support/services.py."""
    literals = re.compile(r"[\[({][^\[\](){}]*[\])}]")
    lists = [
        f"{path.relative_to(ROOT)}: {literal}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for literal in literals.findall(path.read_text())
        if len(named_services(literal)) > 2
    ]
    assert lists == []
