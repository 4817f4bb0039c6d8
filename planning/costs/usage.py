"""Reads `usage.yaml`: what is assumed of a stack's use in a month, because nobody declares it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from planning.errors import CostError

FILE = Path(__file__).parent / "usage.yaml"
PLACE = "planning/costs/usage.yaml"
STACKS = ("dev", "prod")
"""The stacks of which something is assumed; the local one costs nothing."""
MONTH = 730.0
"""Hours of a month."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """An assumption of use."""

    id: str
    unit: str
    because: str
    """The reason for its size."""
    values: Mapping[str, float]
    """The sizes by stack; none for a stack of which nothing is assumed."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The assumptions for one stack."""

    stack: str
    assumptions: Mapping[str, Assumption]

    def known(self, id_: str) -> float | None:
        """Returns what is assumed, or None where nothing is."""
        assumption = self.assumptions.get(id_)
        return assumption.values.get(self.stack) if assumption else None

    def of(self, id_: str) -> float:
        """Returns what is assumed. Raises CostError where nothing is."""
        if (value := self.known(id_)) is None:
            raise CostError(f"Nothing is assumed of `{id_}` in {self.stack}: add it with its reason to {PLACE}.")
        return value

    def variants(self, kind: str) -> dict[str, float]:
        """Returns what is assumed of each variant of a kind, such as of the nodes of each size."""
        ids = [id_ for id_ in self.assumptions if id_.startswith(f"{kind}/")]
        return {id_.partition("/")[2]: value for id_ in ids if (value := self.known(id_)) is not None}

    def other(self, **values: float) -> Usage:
        """Returns the same with other values of some assumptions, whose names have `_` for `-`."""
        changed = {name.replace("_", "-"): value for name, value in values.items()}
        replaced = {
            id_: dataclasses.replace(self.assumptions[id_], values={**self.assumptions[id_].values, self.stack: value})
            for id_, value in changed.items()
        }
        return dataclasses.replace(self, assumptions={**self.assumptions, **replaced})


def read(stack: str, file: Path = FILE) -> Usage:
    """Returns what is assumed of a stack. Raises CostError for one of which nothing is, and for a row that is wrong."""
    if stack not in STACKS:
        raise CostError(
            f"What {stack} costs is not known: {PLACE} says how much {' and '.join(STACKS)} are used. The stack local "
            "costs nothing."
        )
    return Usage(
        stack=stack, assumptions={id_: _row(id_, row) for id_, row in yaml.safe_load(file.read_text()).items()}
    )


def _row(id_: str, row: dict[str, Any]) -> Assumption:
    known = {"unit", "because", *STACKS}
    if row.keys() - known or not {"unit", "because"} <= row.keys():
        raise CostError(f"{PLACE}, {id_}: say `unit` and `because`, and a number for {' and '.join(STACKS)}.")
    values = {stack: float(row[stack]) for stack in STACKS if stack in row}
    return Assumption(id=id_, unit=row["unit"], because=row["because"], values=values)
