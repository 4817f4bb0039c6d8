"""Writes the tables of alarms in docs/runbook.md from alarms.yaml: `python -m tools.runbook`; `--check` compares."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from app.contract.document import read_yaml

ROOT = Path(__file__).resolve().parents[2]
ALARMS = Path(__file__).parent / "alarms.yaml"
PAGE = Path("docs/runbook.md")
TABLE = re.compile(r"(<!-- Written by `python -m tools\.runbook`: (\w+) -->\n).*?(<!-- End -->)", re.DOTALL)
COLUMNS = {"name": "alarm", "means": "means", "look": "look at", "then": "then"}
"""Key of an entry to the title of its column."""

Alarm = dict[str, str]


def alarms(cloud: str) -> list[Alarm]:
    """Returns what to do about each alarm of `aws`, or about each alert of `azure`."""
    entries: list[Alarm] = read_yaml(ALARMS.read_text())[cloud]
    return entries


def generate(root: Path = ROOT) -> str:
    """Returns the page as it should be."""
    return TABLE.sub(lambda match: f"{match[1]}\n{_table(alarms(match[2]))}\n{match[3]}", (root / PAGE).read_text())


def _table(entries: list[Alarm]) -> str:
    lines = [f"| {' | '.join(COLUMNS.values())} |", "|---" * len(COLUMNS) + "|"]
    for entry in entries:
        cells = {**entry, "name": f"`{entry['name']}`"}
        lines.append(f"| {' | '.join(cells[key] for key in COLUMNS)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.runbook", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is not current")
    check = parser.parse_args().check
    page, content = ROOT / PAGE, generate()
    if page.read_text() == content:
        return 0
    if check:
        sys.stderr.write(f"{page} is not current: run `python -m tools.runbook`.\n")
        return 1
    page.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
