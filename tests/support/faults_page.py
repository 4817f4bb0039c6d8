"""The tables of docs/faults.md: what callers get of each fault, and which test shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.system import faults
from tests.local.faults import table
from tests.local.faults.fault import Fault
from tests.support.fault_rows import Group, ShownFault, shown_faults
from tests.support.program import ROOT

PAGE = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- Written by WRITE_FAULTS=1 of the tests -->\n", "<!-- End -->"
HEAD = """| fault | where | callers get | failed calls | what was acknowledged | recovery | seconds | test |
|---|---|---|---|---|---|---|---|
"""
NOT_YET = "not measured yet"
LOCAL, CLUSTER = "local stack", "cluster"
PLACES: Mapping[str, Sequence[Fault[Any]]] = {LOCAL: table.FAULTS, CLUSTER: faults.FAULTS}
"""The faults that are brought about under traffic, by their place."""
FILES = {LOCAL: "tests/local/faults/test_faults.py", CLUSTER: "tests/cluster/system/test_faults.py"}
"""The test of the faults at each place."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The measurements of a fault."""

    calls: int
    """Calls from the fault's beginning until callers succeeded again."""
    failed: int
    orders: int
    """The number of acknowledged orders, all of which were invoiced once."""
    answered: float
    """The seconds from the end of the cause until the last failing call was over."""
    whole: float
    """The seconds from the end of the cause until every process and pod was seen to run as before."""


def record(where: str) -> Iterator[dict[str, Seen]]:
    """Yields a dictionary for what is seen of each fault, by its name, and writes it where WRITE_FAULTS is set.

    It is the body of a fixture.
    """
    seen: dict[str, Seen] = {}
    yield seen
    if "WRITE_FAULTS" in os.environ:
        PAGE.write_text(written(PAGE.read_text(), {(where, name): each for name, each in seen.items()}))


def written(page: str, seen: Mapping[tuple[str, str], Seen]) -> str:
    """Returns the page with every fault. What was seen, by place and name, replaces what was seen earlier."""
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    earlier = {(cells[1], cells[0]): cells for cells in rows_of(old)}
    sections = []
    for group in Group:
        rows = [
            _measured(where, fault, seen.get((where, fault.name)), earlier.get((where, fault.name)))
            for where, faults in PLACES.items()
            for fault in faults
            if fault.group is group
        ]
        rows += [_shown(fault) for fault in shown_faults() if fault.group is group]
        sections.append(f"### {group}\n\n{HEAD}" + "".join(f"| {' | '.join(cells)} |\n" for cells in rows))
    body = "\n".join(sections)
    return f"{before}{BEGIN}\n{body}\n{END}{after}"


def rows_of(text: str) -> list[list[str]]:
    """Returns the cells of all rows of the tables in a text."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [cells for cells in rows if cells[0] not in ("fault", "---")]


def outcomes(fault: Fault[Any]) -> str:
    """Returns in words what a fault lets callers get besides success."""
    return " or ".join(sorted(map(str, fault.statuses))) or "no failure"


def _measured(where: str, fault: Fault[Any], seen: Seen | None, earlier: Sequence[str] | None) -> list[str]:
    """Returns the cells of a fault that is brought about under traffic."""
    counts, acknowledged, seconds = [*earlier[3:5], earlier[6]] if earlier else [NOT_YET] * 3
    if seen:
        counts, acknowledged = f"{seen.failed} of {seen.calls}", f"{seen.orders} orders, each invoiced once"
        seconds = f"{seen.answered:.1f}, {seen.whole:.0f}"
    return [fault.name, where, outcomes(fault), counts, acknowledged, fault.recovery, seconds, _link(FILES[where], ())]


def _shown(fault: ShownFault) -> list[str]:
    """Returns the cells of a fault that a test of its own shows."""
    link = _link(fault.test, fault.names)
    return [fault.fault, fault.where, fault.callers_get, "-", fault.acknowledged, fault.recovery, "-", link]


def _link(file: str, names: Sequence[str]) -> str:
    """Returns a link to a test's file, and the names of its functions."""
    link = f"[{Path(file).name}](../{file})"
    return " ".join([link, ", ".join(f"`{name}`" for name in names)]).strip()
