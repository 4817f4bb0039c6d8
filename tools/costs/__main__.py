"""Writes the tables of docs/costs.md, below what people write: `python -m tools.costs`; `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app.contract.document import read_yaml
from planning.plan import plan
from tools.costs.page import tables
from tools.costs.prices import STACKS, Counts, Prices, amount, read

ROOT = Path(__file__).resolve().parents[2]
PRICES = Path(__file__).parent / "prices.yaml"
MARK = "<!-- From here on written by `python -m tools.costs`. -->\n"


def generate(root: Path = ROOT) -> str:
    """Returns the page as it should be. Raises PriceError for an amount that can't be computed."""
    prices = read(PRICES)
    before, mark, _ = (root / "docs" / "costs.md").read_text().partition(MARK)
    return f"{before}{mark}\n{tables(prices, {stack: counts(root, stack, prices) for stack in STACKS})}"


def counts(root: Path, stack: str, prices: Prices) -> Mapping[str, Counts]:
    """Returns by row what a stack declares."""
    declared = Counter(resource.type for resource in plan(root, stack) if resource.custom)
    contract = read_yaml((root / "app/contract/openapi.yaml").read_text())
    operations = [operation for item in contract["paths"].values() for operation in item.values()]
    settings = read_yaml((root / f"Pulumi.{stack}.yaml").read_text())["config"]
    common: dict[str, float] = {
        "routes": sum("x-orchestration" in operation for operation in operations),
        "services": len(settings["crosscloud:services"]),
    }
    for name, text in prices.derived.items():
        common[name] = amount(text, common)
    rows = (row for rows in prices.clouds.values() for row in rows)
    return {row.what: {**common, "count": declared[row.types[0]] if row.types else 0} for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is not current")
    check = parser.parse_args().check
    page = ROOT / "docs" / "costs.md"
    content = generate()
    if page.read_text() == content:
        return 0
    if check:
        sys.stderr.write(f"{page} is not current: run `python -m tools.costs`.\n")
        return 1
    page.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
