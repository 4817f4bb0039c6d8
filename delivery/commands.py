"""Runs the commands of a delivery: `pulumi`, `aws`, `az`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed. Raises DeliveryError."""
TRIES = 3
"""Times that a command which only reads is run until it succeeds: a lost answer is no reason to take a release back."""
PAUSE_SECONDS = 2.0
"""Seconds between two tries."""


class DeliveryError(Exception):
    """A delivery failed; says what happened and what is deployed now."""


def run(command: Sequence[str]) -> str:
    """Runs a command, whose messages go to the terminal, and returns its output. Raises DeliveryError."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - every argument is made here
    except FileNotFoundError:
        raise DeliveryError(f"`{command[0]}` is not on PATH; docs/deploy.md names the tools.") from None
    if done.returncode:
        raise DeliveryError(f"`{' '.join(command[:3])}` failed with exit status {done.returncode}.")
    return done.stdout


def read(run: Run, command: Sequence[str], sleep: Callable[[float], None] = time.sleep) -> str:
    """Runs a command that changes nothing, again when it fails. Raises DeliveryError after TRIES failures."""
    for _ in range(TRIES - 1):
        try:
            return run(command)
        except DeliveryError:
            sleep(PAUSE_SECONDS)
    return run(command)
