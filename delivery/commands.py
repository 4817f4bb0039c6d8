"""The commands that a delivery runs: `pulumi`, `aws`, `az`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed. Raises DeliveryError."""


class DeliveryError(Exception):
    """A sentence for whoever delivers: what happened, and what is deployed now."""


def run(command: Sequence[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - argv is made here
    if done.returncode:
        raise DeliveryError(f"`{' '.join(command[:3])}` failed with exit status {done.returncode}.")
    return done.stdout
