"""The cost of a stack in a month, and of a change of it: made of the plan, of dated prices and of assumptions.

`monthly(stack)` is the whole of it for other packages, or `of_plan` where they have the plan already.
"""

from __future__ import annotations

from planning.costs.cost import Cost, monthly, of_plan
from planning.errors import CostError

__all__ = ["Cost", "CostError", "monthly", "of_plan"]
