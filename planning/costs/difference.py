"""The difference that a change makes to the cost of a month, resource by resource: with the same prices and use."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planning.changes import paired
from planning.costs import prices, usage
from planning.costs.charges import Line, label, number
from planning.costs.cost import CHARGED, Cost, cost_of
from planning.ignored import restored
from planning.plan import Planned

NOTHING = "nothing"
"""The word for the lines of a resource that is not there."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The change of one resource, or of what is paid for all resources of a type together."""

    label: str
    """The resource's name and kind, or the name of the price."""
    before: tuple[Line, ...]
    after: tuple[Line, ...]

    @property
    def usd(self) -> float:
        """The difference in US dollars."""
        return _difference(self.before, self.after)

    @property
    def gone(self) -> list[Line]:
        """The lines that are no longer there, or not so many units of them."""
        return _without(self.before, self.after)

    @property
    def come(self) -> list[Line]:
        """The lines that were not there, or not so many units of them."""
        return _without(self.after, self.before)

    @property
    def exact(self) -> bool:
        """False if a price that could not be verified is part of the difference."""
        return all(line.price.verified for line in (*self.gone, *self.come))

    @property
    def why(self) -> str:
        """The lines that differ, before and after."""
        return f"{_described(self.gone)} → {_described(self.come)}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference between what a stack costs in a month before and after a change."""

    before: Cost
    after: Cost
    rows: tuple[Row, ...]
    """The changes of a cent or more, the largest first."""
    uncounted: tuple[str, ...]
    """Resources that come or go and are paid by use, of which nothing is assumed for each of them."""

    @property
    def usd(self) -> float:
        """The difference in US dollars."""
        return _difference(self.before.lines, self.after.lines)

    @property
    def fixed(self) -> float:
        """The part of the difference that follows from what is declared, whatever the use."""
        return round(self.after.fixed - self.before.fixed, 2)

    @property
    def by_use(self) -> float:
        """The part of the difference that depends on assumptions."""
        return round(self.after.by_use - self.before.by_use, 2)

    @property
    def exact(self) -> bool:
        """False if a price that could not be verified is part of it."""
        return all(row.exact for row in self.rows)

    @property
    def uses(self) -> list[str]:
        """The assumptions that the rows depend on, in the order of the file."""
        used = {use for row in self.rows for line in (*row.gone, *row.come) for use in line.uses}
        return [id_ for id_ in self.after.usage.assumptions if id_ in used]


def difference(stack: str, before: Sequence[Planned], after: Sequence[Planned]) -> Difference:
    """Returns the difference between what two plans of a stack cost in a month.

    What an engine leaves as it is, because the program says `ignore_changes`, makes no difference. Raises CostError
    when something has no price.
    """
    used, priced = usage.read(stack), prices.read()
    earlier = paired(before, after)
    kept = [_kept(resource, earlier.get(resource.urn)) for resource in after]
    old, new = cost_of(before, used, priced), cost_of(kept, used, priced)
    names = {past.urn: urn for urn, past in earlier.items()}
    was, now = _grouped(old.lines, names), _grouped(new.lines, {})
    rows = [
        Row(label=(now.get(key) or was[key])[0].name, before=was.get(key, ()), after=now.get(key, ()))
        for key in {**was, **now}
    ]
    come = [resource for resource in after if resource.urn not in earlier]
    gone = [resource for resource in before if resource.urn not in names]
    counted = {line.resource.urn for line in (*old.lines, *new.lines) if line.resource and line.quantity is not None}
    return Difference(
        before=old,
        after=new,
        rows=tuple(sorted((row for row in rows if row.usd), key=lambda row: -abs(row.usd))),
        uncounted=tuple(label(r) for r in (*come, *gone) if r.type in CHARGED and r.urn not in counted),
    )


def _kept(resource: Planned, past: Planned | None) -> Planned:
    """Returns a resource with the values that it had where the program says that they stay."""
    if past is None or not resource.ignore_changes:
        return resource
    properties = restored(resource.properties, past.properties, resource.ignore_changes)
    return dataclasses.replace(resource, properties=properties)


def _grouped(lines: Sequence[Line], names: Mapping[str, str]) -> dict[str, tuple[Line, ...]]:
    """Returns the lines of each resource by its URN, or by another one from `names`; others by their price."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        urn = line.resource.urn if line.resource else line.price.id
        groups.setdefault(names.get(urn, urn), []).append(line)
    return {key: tuple(group) for key, group in groups.items()}


def _difference(before: Sequence[Line], after: Sequence[Line]) -> float:
    """Returns the difference to the cent: of cents, so that nothing is lost."""
    return (sum(line.cents for line in after) - sum(line.cents for line in before)) / 100


def _without(lines: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """Returns the lines that cost something, without as many as others have with the same price and quantity."""
    known = Counter((line.price.id, line.quantity) for line in others)
    left = []
    for line in lines:
        if known[line.price.id, line.quantity]:
            known[line.price.id, line.quantity] -= 1
        elif line.cents:
            left.append(line)
    return left


def _described(lines: Sequence[Line]) -> str:
    texts = (f"{line.price.what}: {number(line.quantity)} at {line.price.rate}" for line in lines)
    return "; ".join(texts) or NOTHING
