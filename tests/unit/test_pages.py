"""README and the pages of docs: what they link to and name is there, and what nobody has seen is marked."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.program import ROOT
from tests.support.services import SERVICES

GENERATED = re.compile(r"<!-- (From here on written by [^>]*-->.*|Written by [^>]*-->.*?<!-- End -->)", re.DOTALL)
"""Parts of a page that a tool writes."""
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
FOLDER = ROOT / "docs" / "decisions"
DECISIONS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
WITH_LINKS = [*PAGES, "docs/decisions/README.md", *(f"docs/decisions/{path.name}" for path in DECISIONS)]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
"""A link within the repository: the file, which is empty for the page itself, and the anchor."""


BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(rf"{BLOCK.pattern}|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def slug(heading: str) -> str:
    """Returns the anchor that GitHub makes of a heading: lower case, no punctuation, hyphens for blanks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    """Returns the anchors of a page. GitHub numbers those of headings with the same text."""
    text = BLOCK.sub("", path.read_text())
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


@pytest.mark.parametrize("page", WITH_LINKS)
def test_what_a_page_links_to_exists(page: str) -> None:
    path = ROOT / page
    for target, anchor in LINK.findall(CODE.sub("", path.read_text())):
        file = path.parent / target if target else path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("A database's storage", "a-databases-storage"),
        ("`GET /users`, [by id](x.md)", "get-users-by-id"),
        ("1. Tools", "1-tools"),
        ("snake_case stays", "snake_case-stays"),
    ],
)
def test_an_anchor_is_what_github_makes_of_a_heading(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def title(decision: Path) -> str:
    """Returns the first line of a decision, without the mark of a heading."""
    return decision.read_text().partition("\n")[0].removeprefix("# ")


def test_the_index_names_every_decision_by_its_title() -> None:
    index = (FOLDER / "README.md").read_text()
    lines = [line for line in index.splitlines() if line.startswith("* ")]
    assert lines == [f"* [{title(path)}]({path.name})" for path in DECISIONS]


def test_a_decision_that_overrules_another_is_named_in_it() -> None:
    pairs = {
        (path, FOLDER / target)
        for path in DECISIONS
        for target in re.findall(r"overrules[^.]*?\]\((\d{4}-[\w-]+\.md)\)", path.read_text())
        if target < path.name
    }
    assert pairs
    for later, earlier in pairs:
        assert f"overruled by {later.name[:4].lstrip('0')}" in title(earlier), earlier.name
        assert later.name in earlier.read_text(), earlier.name


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
