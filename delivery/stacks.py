"""The stacks of the repository. A name is looked up among them, so that no other name ever becomes a path."""

from __future__ import annotations

import re
from pathlib import Path

_FILE = re.compile(r"Pulumi\.(?P<stack>[a-z][a-z0-9-]*)\.yaml")
_LONG = 40
"""Characters of a wrong name that are shown."""


def stacks(root: Path) -> list[str]:
    """Returns the names of the stacks that have a file in a folder."""
    found = (_FILE.fullmatch(path.name) for path in root.iterdir())
    return sorted(each["stack"] for each in found if each)


def shown(name: str) -> str:
    """Returns a wrong name so that a sentence can show it: on one line, and not too long."""
    one_line = "".join(letter if letter.isprintable() else "?" for letter in name)
    return one_line if len(one_line) <= _LONG else f"{one_line[:_LONG]}…"
