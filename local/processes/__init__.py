"""Operating-system processes of the local stack: how one is started, kept running, recognised and stopped."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from signal import SIGTERM, Signals

import urllib3

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
"""The programs of this environment, then those of the system."""


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """A system process (PostgreSQL, the AWS emulator, Envoy): how to start it, see that it is ready, and stop it."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment; nothing is inherited, so no credential of the user's shell reaches the process."""
    cwd: Path
    log: Path
    ports: tuple[int, ...]
    """TCP ports on 127.0.0.1 that it listens on; no other process may have one of them when it starts."""
    ready: Callable[[], bool]
    """Says whether the process is ready. It answers within a second and must not raise."""
    ready_timeout: float = 30.0
    """Seconds from the start until a process that is not ready counts as failed."""
    stop_signal: Signals = SIGTERM
    grace: float = 10.0
    """Seconds between the stop signal and SIGKILL."""
    prepare: Callable[[], None] = field(default=lambda: None)
    """Runs before every start, for example to make a data directory."""


def answers(url: str) -> bool:
    """Returns whether an HTTP server answers with 200 within half a second."""
    try:
        return urllib3.request("GET", url, timeout=0.5, retries=False).status == HTTPStatus.OK
    except urllib3.exceptions.HTTPError:
        return False
