"""Writes the tables of docs/settings.md: `python -m tools.settings`.

With `--check` it only says whether the page is current. The text above the tables is kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.settings.described import DescriptionError, Section, sections
from tools.settings.stacks import Values, heading, shown, values

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "settings.md"
MARK = "<!-- From here on written by `python -m tools.settings`. -->\n"
STACKS = ("dev", "prod")
"""The stacks whose values the tables show."""


def generate(root: Path = ROOT) -> str:
    """Returns the page as it should be. Raises DescriptionError for a setting that can't be described."""
    before, mark, _ = (root / "docs" / "settings.md").read_text().partition(MARK)
    stack_values = {stack: values((root / f"Pulumi.{stack}.yaml").read_text()) for stack in STACKS}
    return f"{before}{mark}\n" + "\n".join(line for section in sections() for line in _table(section, stack_values))


def _table(section: Section, stack_values: dict[str, Values]) -> Iterator[str]:
    """Yields the lines of a section's heading and table."""
    yield f"## `crosscloud:{heading(section.paths)}`\n"
    if section.about:
        yield f"{_escaped(section.about)}\n"
    columns = ("setting", "takes", "unit", "default", *STACKS, "what and why")
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for setting in section.settings:
        stacks = (shown(section, setting, stack_values[stack]) for stack in STACKS)
        description = _escaped(setting.description)
        cells = (f"`{setting.name}`", setting.allowed, setting.unit, setting.default, *stacks, description)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")


def main() -> int:
    """Writes or checks the page, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.settings", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is not current")
    check = parser.parse_args().check
    try:
        content = generate()
    except DescriptionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if PAGE.read_text() == content:
        return 0
    if check:
        sys.stderr.write(f"{PAGE} is not current: run `python -m tools.settings`.\n")
        return 1
    PAGE.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
