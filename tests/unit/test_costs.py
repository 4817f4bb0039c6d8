"""docs/costs.md: no resource is forgotten, and the sums are the sums."""

from __future__ import annotations

import fnmatch
import re

import pytest

from tests.support.program import ROOT, deployed
from tools.costs.__main__ import PRICES
from tools.costs.prices import STACKS, read

TEXT = (ROOT / "docs" / "costs.md").read_text()
PRICES_OF = read(PRICES)
CLOUDS = tuple(PRICES_OF.clouds)
CHARGED = {type_ for rows in PRICES_OF.clouds.values() for row in rows for type_ in row.types}
FREE = {type_ for each in PRICES_OF.free for type_ in each.types}


def page_rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading of the page."""
    _, _, section = TEXT.partition(f"\n## {title}\n")
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def amounts(stack: str, cloud: str) -> list[float]:
    return [float(row[3 if stack == "dev" else 5]) for row in page_rows(cloud)]


def summary(stack: str, name: str) -> str:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {name} |"))
    return line.split("|")[2 if stack == "dev" else 3].strip()


def declared() -> set[str]:
    """Returns the types of the resources of all stacks that are deployed to the clouds."""
    return {r.type for stack in STACKS for r in deployed(stack, False).resources if r.custom}


def test_every_resource_has_one_price_or_a_reason_why_it_has_none() -> None:
    rows_of_types = {
        type_: [pattern for pattern in CHARGED | FREE if fnmatch.fnmatchcase(type_, pattern)] for type_ in declared()
    }
    assert {type_: patterns for type_, patterns in rows_of_types.items() if len(patterns) != 1} == {}


def test_nothing_is_priced_that_no_stack_has() -> None:
    assert declared() >= CHARGED


@pytest.mark.parametrize("stack", STACKS)
def test_sums_are_those_of_the_rows(stack: str) -> None:
    for cloud in CLOUDS:
        assert float(summary(stack, cloud)) == pytest.approx(sum(amounts(stack, cloud)))
    together = sum(float(summary(stack, cloud)) for cloud in CLOUDS)
    assert float(summary(stack, "together")) == pytest.approx(together)
    assert summary(stack, "to expect") == f"{round(together, -1):,.0f} to {round(1.3 * together, -1):,.0f}"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_row_is_on_the_page(cloud: str) -> None:
    assert [row[0].partition("<br>")[0] for row in page_rows(cloud)] == [row.what for row in PRICES_OF.clouds[cloud]]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_price_has_a_source_and_a_day_or_is_marked(cloud: str) -> None:
    for row in page_rows(cloud):
        sourced = re.fullmatch(r"\[.*20\d\d-\d\d(-\d\d)?\]\(https://\S+\)", row[6])
        assert sourced or "**not verified**" in row[1], row
