"""The cost of a stack in a month, and of a change of it: made of the plan, of dated prices and of assumptions.

`monthly(stack)` is the whole of it for other packages.
"""

from __future__ import annotations

from planning.costs.cost import Cost, monthly
from planning.errors import CostError

__all__ = ["Cost", "CostError", "monthly"]
