"""Runs the commands of a delivery: `pulumi`, `aws`, `az`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed. Raises DeliveryError."""


class DeliveryError(Exception):
    """A delivery failed; says what happened and what is deployed now."""


def run(command: Sequence[str]) -> str:
    """Runs a command, whose messages go to the terminal, and returns its output. Raises DeliveryError."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - every argument is made here
    if done.returncode:
        raise DeliveryError(f"`{' '.join(command[:3])}` failed with exit status {done.returncode}.")
    return done.stdout
