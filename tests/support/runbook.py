"""The commands in docs/runbook.md, as a person would paste them."""

from __future__ import annotations

import re

from tests.support.program import ROOT

TEXT = (ROOT / "docs" / "runbook.md").read_text()
PYTHON = ".venv/bin/python"
COMMANDS = re.findall(rf"{re.escape(PYTHON)} -m [^`\n]+", TEXT)
"""Every command line that runs a module of this repository."""


def command(beginning: str) -> str:
    """Returns the one command line that begins so, such as `delivery.events dlq`, without the interpreter."""
    (line,) = {each for each in COMMANDS if each.startswith(f"{PYTHON} -m {beginning}")}
    return line.removeprefix(f"{PYTHON} -m ")
