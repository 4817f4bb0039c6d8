"""Waits for what ought to happen soon, on a machine that other processes may keep busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 180.0
"""Seconds after which a wait has failed. Only a test that fails waits so long, so a slow machine alone fails none."""


def eventually(check: Callable[[], Any], *, what: str = "it", patience: float = PATIENCE, pause: float = 0.02) -> Any:
    """Returns the first true answer of `check`, which is called again `pause` seconds after each other one."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {patience:.0f} s")
