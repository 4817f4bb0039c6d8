"""A cost and the difference of two, as text for a terminal, as Markdown for a pull request and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from planning.costs import prices, usage
from planning.costs.charges import Line, number
from planning.costs.cost import Cost, amount
from planning.costs.difference import Difference, Row, difference
from planning.errors import CostError
from planning.plan import Planned

MOST_ROWS = 25
"""Rows of a difference that are shown: some 7,000 characters, for which a comment has room beside the plan."""
ELSEWHERE = "Prices are those of other regions for the most part; Frankfurt costs up to 30 % more (docs/costs.md)."
MARKED = "~ marks an amount that a price without a verified source is part of."


@dataclass(frozen=True, kw_only=True)
class Reported:
    """The cost of a change, in the three forms of a plan."""

    text: str
    markdown: str
    data: dict[str, Any]


def of_change(stack: str, before: Sequence[Planned], after: Sequence[Planned], today: date) -> Reported | None:
    """Returns what a change of a stack costs, or None for a stack that costs nothing.

    A plan is there to be read, whatever is known of prices: where something has none, the sentence that says so takes
    the place of the amounts. `python -m tools.costs --check`, which `make lint` runs, fails for it.
    """
    if stack == "local":
        return None
    try:
        found = difference(stack, before, after)
    except CostError as error:
        text = f"What {stack} costs can't be said: {error}"
        return Reported(text=text, markdown=f"**{_plain(text)}**", data={"error": str(error)})
    return Reported(
        text=difference_as_text(found, today),
        markdown=difference_as_markdown(found, today),
        data=difference_as_json(found),
    )


def as_text(cost: Cost, today: date) -> str:
    """Returns the amount and what it depends on, and then the bill: a row for each price that is paid."""
    marked = "" if cost.exact else "about "
    sums = f"{cost.fixed:,.2f} whatever the use, and {cost.by_use:,.2f} by the use that is assumed below"
    lines = [
        f"{cost.stack} costs {marked}{cost.usd:,.2f} US dollars a month: {sums}.",
        "",
        "Tax, free tiers and discounts are left out. A month has 730 hours.",
        ELSEWHERE,
        *([] if cost.exact else [MARKED]),
        *_warnings(today),
        "",
        f"Assumed of the use in a month ({usage.PLACE}):",
        *(f"  {use}: {text}" for use, text in _assumed(cost, cost.assumed)),
        "",
    ]
    if cost.uncounted:
        lines += ["Depends on use, not counted:", *(f"  {text}" for text in cost.uncounted), ""]
    return "\n".join([*lines, *_table(cost)])


def as_json(cost: Cost) -> dict[str, Any]:
    """Returns a cost for programs."""
    lines = [
        {
            "price": line.price.id,
            "resource": line.resource.urn if line.resource else None,
            "quantity": line.quantity,
            "usd": line.cents / 100,
            "assumptions": list(line.uses),
            "verified": line.price.verified,
        }
        for line in cost.lines
    ]
    return {"stack": cost.stack, "usd": cost.usd, "fixed": cost.fixed, "by_use": cost.by_use, "lines": lines}


def difference_as_text(found: Difference, today: date) -> str:
    """Returns a difference for a terminal."""
    rows = (f"{_signed(row.usd, exact=row.exact):>12}  {row.label}: {row.why}" for row in found.rows)
    return "\n".join([_headline(found), *rows, *_notes(found, today)])


def difference_as_markdown(found: Difference, today: date) -> str:
    """Returns a difference for a pull request: a table, and what it depends on."""
    lines = [f"**{_headline(found)}**", ""]
    if found.rows:
        lines += ["| resource | before | after | because |", "|---|---|---|---|"]
        lines += [_row(row) for row in found.rows[:MOST_ROWS]]
        if (rest := len(found.rows) - MOST_ROWS) > 0:
            lines.append(f"| and {rest} more | | | |")
        lines.append("")
    return "\n".join([*lines, *(f"{_plain(note)}  " for note in _notes(found, today))])


def difference_as_json(found: Difference) -> dict[str, Any]:
    """Returns a difference for programs."""
    rows = [
        {"resource": row.label, "before": amount(row.before), "after": amount(row.after), "because": row.why}
        for row in found.rows
    ]
    return {
        "before": found.before.usd,
        "after": found.after.usd,
        "difference": found.usd,
        "fixed": found.fixed,
        "by_use": found.by_use,
        "rows": rows,
        "assumptions": {use: found.after.usage.known(use) for use in found.uses},
        "uncounted": list(found.uncounted),
    }


def about(*, exact: bool) -> str:
    """Returns the mark of an amount of which a price could not be verified."""
    return "" if exact else "~"


def _table(cost: Cost) -> Iterator[str]:
    """Yields the lines of a bill, in columns with headings."""
    total = ("together", f"{about(exact=cost.exact)}{cost.usd:,.2f}", "", "")
    rows = [("what is paid for", "USD a month", "units", "USD for a unit"), *_bill(cost), total]
    what, usd, units = (max(len(row[column]) for row in rows) for column in range(3))
    for row in rows:
        yield f"{row[0]:<{what}}  {row[1]:>{usd}}  {row[2]:>{units}}  {row[3]}".rstrip()


def _bill(cost: Cost) -> Iterator[tuple[str, str, str, str]]:
    """Yields what is paid for, the amount, how many units and the price, one row for each price."""
    groups: dict[str, list[Line]] = {}
    for line in cost.lines:
        groups.setdefault(line.price.id, []).append(line)
    for lines in groups.values():
        price, quantity = lines[0].price, sum(line.quantity or 0 for line in lines)
        yield price.what, f"{about(exact=price.verified)}{amount(lines):,.2f}", number(quantity), price.rate


def _headline(found: Difference) -> str:
    before, after = (f"{about(exact=cost.exact)}{cost.usd:,.2f}" for cost in (found.before, found.after))
    if not found.rows:
        return f"{found.after.stack}: costs {after} USD a month, as before"
    return (
        f"{found.after.stack}: {_signed(found.usd, exact=found.exact)} USD a month ({before} → {after}; "
        f"whatever the use {found.fixed:+,.2f}, by use {found.by_use:+,.2f})"
    )


def _notes(found: Difference, today: date) -> Iterator[str]:
    if found.uses:
        yield "Assumed: " + "; ".join(f"{use} {text}" for use, text in _assumed(found.after, found.uses)) + "."
    if found.uncounted:
        yield f"Depends on use, not counted: {', '.join(found.uncounted)}."
    if found.rows:
        marked = "" if found.exact else f" {MARKED}"
        yield ELSEWHERE + marked
    yield from _warnings(today)


def _assumed(cost: Cost, uses: Sequence[str]) -> Iterator[tuple[str, str]]:
    for use in uses:
        assumption = cost.usage.assumptions[use]
        yield use, f"{number(cost.usage.known(use))} {assumption.unit} ({assumption.because})"


def _warnings(today: date) -> Iterator[str]:
    if warning := prices.read().warning(today):
        yield f"Warning: {warning}"


def _row(row: Row) -> str:
    amounts = (
        f"{about(exact=all(line.price.verified for line in lines if line.cents))}{amount(lines):,.2f}"
        for lines in (row.before, row.after)
    )
    cells = [row.label, *amounts, row.why]
    return f"| {' | '.join(map(_plain, cells))} |"


def _signed(usd: float, *, exact: bool) -> str:
    return f"{about(exact=exact)}{usd:+,.2f}"


def _plain(text: str) -> str:
    """Returns a text, which can hold any name, on one line and without meaning in Markdown or HTML."""
    return " ".join(text.split()).translate({ord(character): "-" for character in "`<>@|*[]"})
