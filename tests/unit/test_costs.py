"""docs/costs.md: it shows every price that a stack pays, its sums are sums, and dev is as cheap as was promised."""

from __future__ import annotations

import dataclasses
import functools
import re

import pytest
import yaml

from planning.costs import prices, usage
from planning.costs.cost import amount, cost_of
from tests.support.program import ROOT
from tests.support.services import SERVICES
from tools.costs.__main__ import page_of
from tools.costs.page import Page, tables
from tools.costs.savings import TAKEN, before, saved

TEXT = (ROOT / "docs" / "costs.md").read_text()
STACKS = usage.STACKS
CLOUDS = ("AWS", "Azure")
BUDGET, WITH = 150.0, 3
"""US dollars that a month of dev may cost, with as many services; each further one may add what a service costs."""


@functools.cache
def page() -> Page:
    return page_of(ROOT)


def rows(title: str) -> list[list[str]]:
    """The cells of the first table under a heading of the page."""
    _, _, section = TEXT.partition(f"\n## {title}\n")
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def amounts(stack: str, cloud: str) -> list[float]:
    cells = (row[3 if stack == "dev" else 5] for row in rows(cloud))
    return [float(cell.lstrip("~")) for cell in cells if cell]


def summary(stack: str, name: str) -> str:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {name} |"))
    return line.split("|")[2 if stack == "dev" else 3].strip()


@pytest.mark.parametrize("stack", STACKS)
def test_sums_are_those_of_the_rows_to_the_cent(stack: str) -> None:
    for cloud in CLOUDS:
        assert float(summary(stack, cloud)) == pytest.approx(sum(amounts(stack, cloud)))
    together = float(summary(stack, "together"))
    assert together == pytest.approx(sum(float(summary(stack, cloud)) for cloud in CLOUDS))
    least, most = (float(text.replace(",", "")) for text in summary(stack, "to expect").split(" to "))
    assert (least, most) == (pytest.approx(together, rel=0.01), pytest.approx(1.3 * together, rel=0.01))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_price_has_a_source_and_a_day_or_is_marked(cloud: str) -> None:
    for row in rows(cloud):
        sourced = re.fullmatch(r"\[.*20\d\d-\d\d-\d\d\]\(https://\S+\)", row[6])
        assert sourced or row[6].endswith("**not verified**"), row


def test_every_price_is_on_the_page() -> None:
    assert [
        price.id
        for price in page().prices.rows.values()
        if f"{price.what}: {price.rate}" not in TEXT and f"| {price.what} | {price.rate} |" not in TEXT
    ] == []


def test_every_assumption_that_counts_is_on_the_page() -> None:
    used = {use for cost in page().costs.values() for line in cost.lines for use in line.uses}
    assert {row[0].strip("`") for row in rows("Assumptions of use")} == used & page().dev[1].assumptions.keys()


def test_dev_costs_less_than_was_promised_for_the_services_that_there_were() -> None:
    cost = page().costs["dev"]
    own = amount(
        line for line in cost.lines if line.resource and "crosscloud:service:Microservice$" in line.resource.urn
    )
    # A server for nights and days, its storage and its alerts, but neither nodes nor what serves all.
    assert 5 < own / len(SERVICES) < 25
    assert cost.usd - (len(SERVICES) - WITH) * own / len(SERVICES) < BUDGET
    whole = before(page().dev, page().prices)
    assert whole > 2 * BUDGET
    assert f"dev would cost {whole:.2f} a month; with it {cost.usd:.2f}." in TEXT


def test_each_way_of_dev_saves_what_the_page_says_and_all_of_them_together_the_rest() -> None:
    cost = page().costs["dev"]
    each = {way.what: saved(way, cost, page().dev, page().prices) for way in TAKEN}
    assert {row[0]: float(row[1]) for row in rows("What dev gives up")[: len(each)]} == {
        what: pytest.approx(usd, abs=0.005) for what, usd in each.items()
    }
    assert all(usd > 0 for usd in each.values())
    assert sum(each.values()) == pytest.approx(before(page().dev, page().prices) - cost.usd, rel=0.01)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_that_is_stopped_is_paid_by_the_hours_of_its_file(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    hours, used = config.get("crosscloud:hours"), usage.read(stack)
    month = 22 * (hours["end"] - hours["begin"]) if hours else usage.MONTH
    assert {used.of(id_) for id_ in ("cluster-hours", "database-hours", "function-metric-hours")} == {month}


def test_a_page_is_made_of_what_it_is_given() -> None:
    """Twice the price of a dashboard is 3.00 more in its row, in its cloud and in all."""
    dearer = dataclasses.replace(page().prices.rows["dashboards"], usd=6.00)
    priced = prices.Prices(rows={**page().prices.rows, "dashboards": dearer})
    cost = cost_of(*page().dev, priced)
    text = tables(Page(prices=priced, costs={"dev": cost}, dev=page().dev, free=page().free))
    assert cost.usd == pytest.approx(page().costs["dev"].usd + 3)
    assert "| Dashboard | 6.00 per dashboard | 1 | 6.00 |" in text
    assert f"| together | {cost.usd:.2f} |" in text
