"""Reads `prices.yaml`: what each type of resource costs, and how much of it a stack uses."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.contract.document import read_yaml

STACKS = ("dev", "prod")
"""The stacks whose costs the page shows; the local one costs nothing."""
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

Counts = Mapping[str, float]
"""The numbers that a stack declares, by the names that amounts use for them."""


class PriceError(ValueError):
    """An amount is no arithmetic, or names something that is not counted."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """The use that a stack makes of a row."""

    text: str
    """The description of what is used, with the counts' names in braces."""
    amount: str
    """USD a month, as arithmetic with the counts' names."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The price of one thing, with its uses."""

    what: str
    types: tuple[str, ...]
    """Types of resources that it stands for; none where no resource does, as for traffic."""
    price: str
    source: str
    """A link with its day, or `-`."""
    uses: Mapping[str, Use]
    """The uses by the stack's name."""


@dataclass(frozen=True, kw_only=True)
class Free:
    """Resources without a price of their own."""

    types: tuple[str, ...]
    """Types of resources; `*` stands for anything."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Prices:
    """All of `prices.yaml`."""

    derived: Mapping[str, str]
    """Counts that are arithmetic with other counts, in the order in which they need each other."""
    clouds: Mapping[str, tuple[Row, ...]]
    free: tuple[Free, ...]


def read(path: Path) -> Prices:
    """Returns the prices in a file."""
    document = read_yaml(path.read_text())
    return Prices(
        derived={name: str(amount) for name, amount in document["derived"].items()},
        clouds={cloud: tuple(map(_row, rows)) for cloud, rows in document["clouds"].items()},
        free=tuple(Free(types=tuple(each["types"]), because=each["because"]) for each in document["free"]),
    )


def amount(text: str, counts: Counts) -> float:
    """Returns the value of an amount. Raises PriceError."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name) if name in counts:
                return counts[name]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(left), value(right))
        raise PriceError(f"{text!r}: {ast.unparse(node)} is neither a number nor one of {', '.join(sorted(counts))}.")

    return value(ast.parse(text, mode="eval").body)


def _row(document: dict[str, Any]) -> Row:
    return Row(
        what=document["what"],
        types=tuple(document.get("types", ())),
        price=document["price"],
        source=document.get("source", "-"),
        uses={stack: Use(text=document[stack]["use"], amount=str(document[stack]["amount"])) for stack in STACKS},
    )
