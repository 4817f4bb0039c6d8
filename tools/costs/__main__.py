"""Writes the costs into docs/costs.md and docs/deploy.md: `python -m tools.costs`; `--check` only compares."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app.contract.document import read_yaml
from planning.plan import plan
from tools.costs.page import expected, tables
from tools.costs.prices import STACKS, Counts, Prices, amount, read

ROOT = Path(__file__).resolve().parents[2]
PRICES = Path(__file__).parent / "prices.yaml"
MARK = "<!-- From here on written by `python -m tools.costs`. -->\n"
"""The end of what people write in docs/costs.md."""
TABLE = re.compile(r"(<!-- Written by `python -m tools\.costs`\. -->\n).*?(<!-- End -->)", re.DOTALL)
"""The part of docs/deploy.md that is written here."""


def generate(root: Path = ROOT) -> dict[Path, str]:
    """Returns the pages as they should be. Raises PriceError for an amount that can't be computed."""
    prices = read(PRICES)
    counted = {stack: counts(root, stack, prices) for stack in STACKS}
    costs, deploy = root / "docs" / "costs.md", root / "docs" / "deploy.md"
    before, mark, _ = costs.read_text().partition(MARK)
    table = expected(prices, counted)
    return {
        costs: f"{before}{mark}\n{tables(prices, counted)}",
        deploy: TABLE.sub(lambda match: f"{match[1]}\n{table}\n{match[2]}", deploy.read_text()),
    }


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
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not current")
    check = parser.parse_args().check
    stale = {page: content for page, content in generate().items() if page.read_text() != content}
    for page, content in stale.items():
        if check:
            sys.stderr.write(f"{page} is not current: run `python -m tools.costs`.\n")
        else:
            page.write_text(content)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
