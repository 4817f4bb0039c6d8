"""The cost of a month."""

from __future__ import annotations

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, passed, warned
from planning.costs import CostError, of_plan


def of_a_month(deployment: Deployment) -> Finding:
    """Says what the stack will cost from its first hour on."""
    needs = deployment.needs
    try:
        cost = of_plan(needs.stack, needs.planned)
    except CostError as error:
        return warned(f"Nobody knows what a month of {needs.stack} costs: {error}", "docs/costs.md")
    about = "" if cost.exact else "about "
    return passed(f"a month costs {about}{cost.usd:,.2f} USD, {cost.fixed:,.2f} of it whatever the use (docs/costs.md)")


CHECKS = (Check(name="cost.month", look=of_a_month),)
