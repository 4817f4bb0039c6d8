"""The commands in docs/runbook.md, as a person would paste them."""

from __future__ import annotations

import re

from tests.support.program import ROOT

TEXT = (ROOT / "docs" / "runbook.md").read_text()
LAUNCHER = "./crosscloud "
COMMANDS = re.findall(rf"{re.escape(LAUNCHER)}[^`\n]+", TEXT)
"""Every command line of this repository's own."""


def command(beginning: str) -> str:
    """Returns the one command line that begins so, such as `events dlq`, without the launcher."""
    (line,) = {each for each in COMMANDS if each.startswith(f"{LAUNCHER}{beginning}")}
    return line.removeprefix(LAUNCHER)
