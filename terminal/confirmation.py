"""The question before something is deleted for good, where a person can answer it."""

from __future__ import annotations

import sys
from pathlib import Path

from local.errors import LocalError


def confirm_purge(root: Path) -> None:
    """Asks whether the data may go. Raises LocalError unless the answer is yes; without a terminal nobody is asked."""
    home = root / ".local"
    if not (home.exists() and sys.stdin.isatty()):
        return
    sys.stderr.write(f"This deletes {home}: databases, tables, messages, keys and logs. Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise LocalError("Nothing is deleted, and nothing is stopped. `make down` stops and keeps the data.")
