"""The form of a charge: what is paid for resources of a type, as lines of a price and a quantity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planning.costs.prices import Price, Prices
from planning.costs.usage import MONTH, Usage
from planning.plan import Planned


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the bill of a month."""

    price: Price
    quantity: float | None
    """The number of units. None where it depends on a use of which nothing is assumed."""
    resource: Planned | None = None
    """The resource that is paid for. None for what is paid by use, for all resources of a type together or for none."""
    uses: tuple[str, ...] = ()
    """The assumptions that the quantity depends on. None of them: it follows from what is declared."""

    @property
    def name(self) -> str:
        """The resource that is paid for, for readers; or what is paid for instead."""
        return label(self.resource) if self.resource else f"{self.price.what} (by use)"

    @property
    def cents(self) -> int:
        """The amount of a month, in US cents: sums of lines are then exact."""
        return round(100 * self.price.usd * (self.quantity or 0))


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The declarations of a stack, with the prices and the assumptions that its charges need."""

    resources: Sequence[Planned]
    prices: Prices
    usage: Usage

    def of(self, type_: str) -> list[Planned]:
        """Returns the resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def line(
        self, price: str | Price, quantity: float | None, *, resource: Planned | None = None, uses: Sequence[str] = ()
    ) -> Line:
        """Returns a line, whose price is known by its id."""
        row = self.prices.rows[price] if isinstance(price, str) else price
        return Line(price=row, quantity=quantity, resource=resource, uses=tuple(uses))

    def by_use(self, price: str, use: str, *, share: float = 1.0, resource: Planned | None = None) -> Line:
        """Returns a line whose quantity is an assumption, or a share of one."""
        assumed = self.usage.known(use)
        return self.line(price, None if assumed is None else share * assumed, resource=resource, uses=[use])

    def running(self, use: str) -> tuple[float, tuple[str, ...]]:
        """Returns the hours in which something runs, and the assumption that they are: none, if it is never stopped."""
        hours = self.usage.of(use)
        return hours, () if hours == MONTH else (use,)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """The way to pay for the resources of some types."""

    types: tuple[str, ...]
    """The types of resources. None: it is paid whatever a stack declares."""
    lines: Callable[[Declared], Iterator[Line]]


def at(resource: Planned, path: str, default: Any = None) -> Any:
    """Returns the property at a dotted path, or the default where there is none."""
    value: Any = resource.properties
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return default if value is None else value


def label(resource: Planned) -> str:
    """Returns the name and the kind of a resource, for readers."""
    return f"{resource.name} ({resource.type.rpartition(':')[2]})"


def named(resource: Planned, path: str) -> str:
    """Returns how an error names a resource's property."""
    return f"{resource.type} {resource.name}: {path}"


def number(quantity: float | None) -> str:
    """Returns a quantity for readers, with as many digits as it needs."""
    text = f"{quantity or 0:,.3f}"
    return text.rstrip("0").rstrip(".")
