"""The clone that a command is about: the one that holds the command's own code, whatever folder it is called in."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.machine import Machine
from local.setup import open_machine

ROOT = Path(__file__).resolve().parent.parent


def machine() -> Machine:
    """Returns the clone's machine. Raises LocalError where there is no stack yet."""
    return open_machine(ROOT, create=False)


@contextmanager
def until_stopped() -> Iterator[None]:
    """Ends the process without a word when somebody stops what has no end of its own."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)


def version(root: Path) -> str:
    """Returns the revision of the sources, with a word when they differ from it, and the Python that runs them."""
    git = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=True)
        revision = done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        revision = "of no known revision"
    return f"crosscloud {revision}, Python {platform.python_version()}"
