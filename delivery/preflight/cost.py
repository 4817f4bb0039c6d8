"""The cost of a month."""

from __future__ import annotations

from pathlib import Path

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, passed, warned

PAGE = Path(__file__).resolve().parents[2] / "docs" / "costs.md"


def monthly_cost(stack: str) -> str | None:
    """Returns the US dollars of a month of a stack, such as `360 to 470`; None when nobody has reckoned them."""
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.read_text().splitlines() if "|" in line]
    (head,) = (row for row in rows if row[1] == "USD a month")
    (expected,) = (row for row in rows if row[1] == "to expect")
    return expected[head.index(stack)] if stack in head else None


def of_a_month(deployment: Deployment) -> Finding:
    """Says what the stack will cost from its first hour on."""
    stack = deployment.needs.stack
    cost = monthly_cost(stack)
    if cost is None:
        return warned(f"Nobody has reckoned what a month of {stack} costs.", "docs/costs.md")
    return passed(f"a month costs {cost} USD, most of it without any traffic (docs/costs.md)")


CHECKS = (Check(name="cost.month", look=of_a_month),)
