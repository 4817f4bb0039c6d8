"""The errors of commerce. They know nothing of HTTP: the functions translate them into problems.

CommerceError
├── UnavailableError           the tables can't be used in time
├── ConditionsFailedError      a condition of a write does not hold
├── OvertakenError             the order has another state by now
├── KeyReusedError             the Idempotency-Key belongs to another request
├── InvalidOrderError          the order makes no sense
├── OutOfStockError            the order can't be met now
├── TransitionError            the order's state does not allow the next one
├── UnknownProductError        the product does not exist
├── ProductChangedError        the product has another version
├── ProductReservedError       orders have reserved some of the product
└── NotEnoughStockError        less is in stock than is to be taken away
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class CommerceError(Exception):
    """The request can't be carried out. Whatever is said of its writes below, none of a transaction happened alone."""


class UnavailableError(CommerceError):
    """The tables can't be used in time. A write may have happened all the same."""

    def __init__(self) -> None:
        super().__init__("The data can't be reached now; try again later.")


class ConditionsFailedError(CommerceError):
    """Conditions of a write do not hold, so that nothing was written.

    `items` has the item that each condition refused, by the name of its action; None where there is no item.
    """

    def __init__(self, items: Mapping[str, dict[str, Any] | None]) -> None:
        super().__init__(f"The conditions of {', '.join(sorted(items))} do not hold.")
        self.items = items


class OvertakenError(CommerceError):
    """The order has another state by now: read it again and decide anew."""


class KeyReusedError(CommerceError):
    """The Idempotency-Key was sent with another request."""


@dataclass(frozen=True, kw_only=True)
class LineError:
    """An error in one member of an order's line, or in the lines together where there is no line number."""

    detail: str
    """A text for people: the rest of a sentence that begins with the member's name."""
    line: int | None = None
    """The number of the line, counted from 0."""
    member: str | None = None


class InvalidOrderError(CommerceError):
    """The order makes no sense. `lines` says what is wrong where."""

    def __init__(self, lines: Sequence[LineError]) -> None:
        super().__init__("; ".join(line.detail for line in lines))
        self.lines = lines


class OutOfStockError(CommerceError):
    """Less is in stock than was ordered. `lines` are the numbers of the order's lines, counted from 0."""

    def __init__(self, lines: Sequence[int]) -> None:
        super().__init__(f"The lines {', '.join(map(str, lines))} ask for more than what is in stock.")
        self.lines = lines


class TransitionError(CommerceError):
    """The order's state does not lead to the next one."""


class UnknownProductError(CommerceError):
    """The product does not exist."""


class ProductChangedError(CommerceError):
    """The product has another version than the one that the caller has seen."""


class ProductReservedError(CommerceError):
    """Orders have reserved some of the product."""


class NotEnoughStockError(CommerceError):
    """Less of the product is in stock than `quantity`, which is to be taken away."""

    def __init__(self, quantity: int) -> None:
        super().__init__(f"There are fewer than {quantity} in stock.")
        self.quantity = quantity
