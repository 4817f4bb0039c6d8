"""Writes the tables of docs/costs.md, and the one of docs/deploy.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.costs.prices import STACKS, Counts, Prices, Row, amount

UPPER = 1.3
"""Share of the sum that is the upper figure to expect: regions differ by up to 30 %, as the page says."""

_HEAD = (f"| USD a month | {' | '.join(STACKS)} |", "|---" * (len(STACKS) + 1) + "|")

CountsOfStacks = Mapping[str, Mapping[str, Counts]]
"""The counts that the amounts of a row may name, by stack and row."""


def tables(prices: Prices, counts: CountsOfStacks) -> str:
    """Returns everything below the mark of the page."""
    return "\n".join([*_sums(prices, counts), *_clouds(prices, counts), *_free(prices)]) + "\n"


def expected(prices: Prices, counts: CountsOfStacks) -> str:
    """Returns the table of what each stack may cost as a whole."""
    return "\n".join([*_HEAD, _to_expect(_together(_sums_of_clouds(prices, counts)))]) + "\n"


def _sums(prices: Prices, counts: CountsOfStacks) -> Iterator[str]:
    sums = _sums_of_clouds(prices, counts)
    together = _together(sums)
    yield from _HEAD
    for name, values in [*sums.items(), ("together", together)]:
        yield f"| {name} | {' | '.join(f'{value:.2f}' for value in values)} |"
    yield _to_expect(together)


def _sums_of_clouds(prices: Prices, counts: CountsOfStacks) -> dict[str, list[float]]:
    """Returns what each stack costs in each cloud, in the order of the stacks."""
    return {
        cloud: [sum(_cents(row, stack, counts) for row in rows) / 100 for stack in STACKS]
        for cloud, rows in prices.clouds.items()
    }


def _together(sums: Mapping[str, list[float]]) -> list[float]:
    return [sum(column) for column in zip(*sums.values(), strict=True)]


def _to_expect(together: list[float]) -> str:
    """Returns the row with the range that each stack's costs are expected in."""
    ranges = (f"{round(value, -1):,.0f} to {round(UPPER * value, -1):,.0f}" for value in together)
    return f"| to expect | {' | '.join(ranges)} |"


def _clouds(prices: Prices, counts: CountsOfStacks) -> Iterator[str]:
    columns = ["what", "price in USD", *(f"{column}" for stack in STACKS for column in (stack, "USD a month"))]
    for cloud, rows in prices.clouds.items():
        yield from ("", f"## {cloud}", "", f"| {' | '.join([*columns, 'source of the price'])} |")
        yield "|---" * (len(columns) + 1) + "|"
        for row in rows:
            what = "<br>".join([row.what, *(f"`{type_}`" for type_ in row.types)])
            cells = [what, row.price]
            for stack in STACKS:
                whole = {name: f"{value:g}" for name, value in counts[stack][row.what].items()}
                cells += [row.uses[stack].text.format_map(whole), f"{_cents(row, stack, counts) / 100:.2f}"]
            yield f"| {' | '.join([*cells, row.source])} |"


def _free(prices: Prices) -> Iterator[str]:
    yield from ("", "## No charge of its own", "", "What these stand for is paid where it is used, or not at all.", "")
    yield from ("| what | because |", "|---|---|")
    for each in prices.free:
        yield f"| {', '.join(f'`{type_}`' for type_ in each.types)} | {each.because} |"


def _cents(row: Row, stack: str, counts: CountsOfStacks) -> int:
    """Returns the amount as the page shows it, so that the sums are those of the rows."""
    return round(100 * amount(row.uses[stack].amount, counts[stack][row.what]))
