"""The cost of a stack in a month, made of what it declares, of prices and of assumptions of its use."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from planning.costs import aws, azure, prices, usage
from planning.costs.charges import Declared, Line
from planning.costs.prices import Prices
from planning.costs.usage import Usage
from planning.errors import CostError
from planning.plan import Planned, plan

ROOT = Path(__file__).resolve().parents[2]
CHARGES = (*aws.CHARGES, *azure.CHARGES)
CHARGED = frozenset(type_ for charge in CHARGES for type_ in charge.types)
"""Types of resources that are paid."""
FREE = "planning/costs/free.yaml"


@dataclass(frozen=True, kw_only=True)
class Free:
    """Types of resources without a price of their own."""

    types: tuple[str, ...]
    """Types of resources; `*` stands for anything."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of a stack in a month, in US dollars."""

    stack: str
    lines: tuple[Line, ...]
    usage: Usage
    """The assumptions that the lines depend on."""

    @property
    def usd(self) -> float:
        """The amount, to the cent."""
        return amount(self.lines)

    @property
    def fixed(self) -> float:
        """The part that follows from what is declared, whatever the use."""
        return amount(line for line in self.lines if not line.uses)

    @property
    def by_use(self) -> float:
        """The part that depends on assumptions."""
        return amount(line for line in self.lines if line.uses)

    @property
    def assumed(self) -> list[str]:
        """The assumptions that the lines depend on, in the order of the file."""
        used = {use for line in self.lines for use in line.uses}
        return [id_ for id_ in self.usage.assumptions if id_ in used]

    @property
    def uncounted(self) -> list[str]:
        """The lines of whose use nothing is assumed: the resource and its price."""
        return [f"{line.name}: {line.price.rate}" for line in self.lines if line.quantity is None]

    @property
    def exact(self) -> bool:
        """False if a price that could not be verified is part of it."""
        return all(line.price.verified for line in self.lines if line.cents)


def amount(lines: Iterable[Line]) -> float:
    """Returns the sum of lines in US dollars."""
    return sum(line.cents for line in lines) / 100


def monthly(stack: str, root: Path = ROOT) -> Cost:
    """Returns what a stack costs in a month, made of its plan.

    Raises PlanningError when the program refuses, and CostError when something of it has no price.
    """
    usage.read(stack)  # before the plan, which takes seconds: a stack that costs nothing needs none
    return of_plan(stack, plan(root, stack))


def of_plan(stack: str, planned: Sequence[Planned]) -> Cost:
    """Returns what a stack costs in a month whose plan is at hand. Raises CostError when something has no price."""
    return cost_of(planned, usage.read(stack), prices.read())


def cost_of(planned: Sequence[Planned], used: Usage, priced: Prices) -> Cost:
    """Returns what the resources of a plan cost in a month. Raises CostError when something has no price."""
    declared = {resource.type: resource for resource in planned if resource.custom}
    patterns = [pattern for each in free() for pattern in each.types]
    for type_, resource in sorted(declared.items()):
        if type_ not in CHARGED and not any(fnmatch.fnmatchcase(type_, pattern) for pattern in patterns):
            raise CostError(
                f"{type_} {resource.name}: nobody has said what it costs. Add a charge to planning/costs/"
                f"{'aws' if type_.startswith('aws:') else 'azure'}.py, its price to {prices.PLACE} and the use that it "
                f"depends on to {usage.PLACE}; or, if it costs nothing by itself, the reason to {FREE}."
            )
    stack = Declared(resources=planned, prices=priced, usage=used)
    due = [charge for charge in CHARGES if not charge.types or declared.keys() & set(charge.types)]
    return Cost(stack=used.stack, lines=tuple(line for charge in due for line in charge.lines(stack)), usage=used)


def free() -> list[Free]:
    """Returns the types of resources that cost nothing by themselves, with their reasons."""
    return [
        Free(types=tuple(each["types"]), because=each["because"]) for each in yaml.safe_load((ROOT / FREE).read_text())
    ]
