"""The faults that tests of their own show, as docs/faults.md tells them, and the groups of all faults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

FILE = Path(__file__).with_suffix(".yaml")


class Group(StrEnum):
    """The part of the system that a fault is of: a heading of the page."""

    PODS = "Pods"
    DATABASE = "PostgreSQL"
    NETWORK = "Envoy and the network"
    SERVICES = "Services, as functions see them"
    CERTIFICATES = "Certificates"
    TOKENS = "Tokens"
    FUNCTIONS = "Functions"
    TABLES = "DynamoDB"
    EVENTS = "Bus, queues and consumers"
    MACHINE = "The local stack and its state"


@dataclass(frozen=True, kw_only=True)
class ShownFault:
    """A fault that other tests show."""

    group: Group
    fault: str
    where: str
    """The place of the test: `unit`, `local stack` or `cluster`."""
    callers_get: str
    acknowledged: str
    """The fate of that which was acknowledged."""
    recovery: str
    test: str
    """The test's file, from the root of the repository."""
    names: tuple[str, ...]
    """The test's functions."""


def shown_faults() -> list[ShownFault]:
    """Returns the faults of the file. Raises TypeError or ValueError where a row has another form."""
    rows = yaml.safe_load(FILE.read_text())
    return [ShownFault(**{**row, "group": Group(row["group"]), "names": tuple(row["names"])}) for row in rows]
