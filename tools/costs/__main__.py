"""Writes the costs into docs/costs.md and docs/deploy.md: `python -m tools.costs`; `--check` only compares.

It warns of prices that nobody has looked up for a year; a page that is current stays so.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from planning.costs import prices, usage
from planning.costs.cost import cost_of, free
from planning.errors import CostError
from planning.plan import plan
from tools.costs.page import Page, expected, tables

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- From here on written by `python -m tools.costs`. -->\n"
"""The end of what people write in docs/costs.md."""
TABLE = re.compile(r"(<!-- Written by `python -m tools\.costs`\. -->\n).*?(<!-- End -->)", re.DOTALL)
"""The part of docs/deploy.md that is written here."""


def generate(root: Path = ROOT) -> dict[Path, str]:
    """Returns the pages as they should be. Raises CostError when something has no price."""
    page = page_of(root)
    costs, deploy = root / "docs" / "costs.md", root / "docs" / "deploy.md"
    written, mark, _ = costs.read_text().partition(MARK)
    return {
        costs: f"{written}{mark}\n{tables(page)}",
        deploy: TABLE.sub(lambda match: f"{match[1]}\n{expected(page)}\n{match[2]}", deploy.read_text()),
    }


def page_of(root: Path = ROOT) -> Page:
    """Returns what the pages are made of. Raises CostError when something has no price."""
    priced = prices.read()
    stacks = {stack: (plan(root, stack), usage.read(stack)) for stack in usage.STACKS}
    costs = {stack: cost_of(declared, used, priced) for stack, (declared, used) in stacks.items()}
    return Page(prices=priced, costs=costs, dev=stacks["dev"], free=tuple(free()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not current")
    check = parser.parse_args().check
    try:
        pages = generate()
    except CostError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if warning := prices.read().warning(datetime.now(UTC).date()):
        sys.stderr.write(f"Warning: {warning}\n")
    stale = {page: content for page, content in pages.items() if page.read_text() != content}
    for page, content in stale.items():
        if check:
            sys.stderr.write(f"{page} is not current: run `python -m tools.costs`.\n")
        else:
            page.write_text(content)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
