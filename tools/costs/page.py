"""Writes the tables of docs/costs.md, and the one of docs/deploy.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planning.costs.charges import Line, number
from planning.costs.cost import Cost, Free, amount
from planning.costs.prices import Price, Prices
from planning.costs.report import about
from tools.costs.savings import TAKEN, Stack, before, left, saved

UPPER = 1.3
"""Share of the sum that is the upper figure to expect: regions differ by up to 30 %, as the page says."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """The facts that the page is made of."""

    prices: Prices
    costs: Mapping[str, Cost]
    """The costs by stack."""
    dev: Stack
    """The declarations of dev, and the assumptions of its use."""
    free: tuple[Free, ...]


def tables(page: Page) -> str:
    """Returns everything below the mark of the page."""
    return "\n".join([*_sums(page), *_clouds(page), *_assumptions(page), *_savings(page), *_free(page)]) + "\n"


def expected(page: Page) -> str:
    """Returns the table of what each stack may cost as a whole."""
    return "\n".join([*_head(page), _to_expect(page)]) + "\n"


def _head(page: Page) -> list[str]:
    return [f"| USD a month | {' | '.join(page.costs)} |", "|---" * (len(page.costs) + 1) + "|"]


def _sums(page: Page) -> Iterator[str]:
    yield from _head(page)
    for cloud in _names_of_clouds(page):
        sums = (amount(line for line in cost.lines if line.price.cloud == cloud) for cost in page.costs.values())
        yield f"| {cloud} | {' | '.join(f'{usd:.2f}' for usd in sums)} |"
    yield f"| together | {' | '.join(f'{cost.usd:.2f}' for cost in page.costs.values())} |"
    yield f"| of which whatever the use | {' | '.join(f'{cost.fixed:.2f}' for cost in page.costs.values())} |"
    yield _to_expect(page)


def _to_expect(page: Page) -> str:
    """Returns the row with the range that each stack's costs are expected in."""
    amounts = [cost.usd for cost in page.costs.values()]
    ranges = (f"{_roughly(usd)} to {_roughly(UPPER * usd)}" for usd in amounts)
    return f"| to expect | {' | '.join(ranges)} |"


def _roughly(usd: float) -> str:
    """Returns an amount with three digits that count: no more are known."""
    return f"{float(f'{usd:.3g}'):,.0f}"


def _clouds(page: Page) -> Iterator[str]:
    columns = ["what", "price in USD", *(column for stack in page.costs for column in (stack, "USD a month")), "source"]
    for cloud in _names_of_clouds(page):
        yield from ("", f"## {cloud}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
        unused = []
        for price in page.prices.rows.values():
            lines = {stack: _lines(cost, price) for stack, cost in page.costs.items()}
            if price.cloud == cloud and any(lines.values()):
                cells = [cell for stack in page.costs for cell in _cells(lines[stack])]
                yield f"| {' | '.join([price.what, price.rate, *cells, source(price)])} |"
            elif price.cloud == cloud:
                unused.append(f"* {price.what}: {price.rate} ({source(price)})")
        if unused:
            yield from ("", "Prices of what could be chosen instead:", "", *unused)


def _names_of_clouds(page: Page) -> list[str]:
    return list(dict.fromkeys(price.cloud for price in page.prices.rows.values()))


def _lines(cost: Cost, price: Price) -> list[Line]:
    return [line for line in cost.lines if line.price.id == price.id]


def _cells(lines: list[Line]) -> tuple[str, str]:
    """Returns the quantity of a price and its amount."""
    if not lines:
        return "", ""
    return number(
        sum(line.quantity or 0 for line in lines)
    ), f"{about(exact=lines[0].price.verified)}{amount(lines):.2f}"


def source(price: Price) -> str:
    """Returns where and when a price was read."""
    when = ", ".join(filter(None, [price.region, str(price.day) if price.day else "no day"]))
    text = f"[{when}]({price.source})" if price.source else "none"
    return text if price.verified else f"{text}, **not verified**"


def _assumptions(page: Page) -> Iterator[str]:
    columns = ["assumption", "unit", *page.costs, "because"]
    yield from ("", "## Assumptions of use", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
    used = {use for cost in page.costs.values() for line in cost.lines for use in line.uses}
    for id_, assumption in page.dev[1].assumptions.items():
        if id_ in used:
            values = [number(assumption.values[stack]) if stack in assumption.values else "" for stack in page.costs]
            yield f"| `{id_}` | {' | '.join([assumption.unit, *values, assumption.because])} |"


def _savings(page: Page) -> Iterator[str]:
    cost = page.costs["dev"]
    yield from ("", "## What dev gives up", "")
    whole = before(page.dev, page.prices)
    yield f"Without what this table lists dev would cost {whole:.2f} a month; with it {cost.usd:.2f}."
    yield from ("", "| way | saves USD a month | dev gives up |", "|---|---|---|")
    for way in TAKEN:
        yield f"| {way.what} | {saved(way, cost, page.dev, page.prices):.2f} | {way.price} |"
    yield from (
        "",
        "Not done, for what it would still save:",
        "",
        "| way | would save | dev would give up |",
        "|---|---|---|",
    )
    for what, (usd, price) in left(cost, page.prices).items():
        yield f"| {what} | {usd:.2f} | {price} |"


def _free(page: Page) -> Iterator[str]:
    yield from ("", "## No charge of its own", "", "What these stand for is paid where it is used, or not at all.", "")
    yield from ("| what | because |", "|---|---|")
    for each in page.free:
        yield f"| {', '.join(f'`{type_}`' for type_ in each.types)} | {each.because} |"
