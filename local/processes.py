"""A process of the local stack that is no pod: what the supervisor keeps running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """How to start, probe and stop one system process (PostgreSQL, the AWS emulator, Envoy)."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment; nothing is inherited, so no credential of the user's shell reaches it."""
    cwd: Path
    log: Path
    ready: Callable[[], bool]
    """Answers within a second; must not raise."""
    ready_timeout: float = 30.0
    """Seconds from start until it counts as failed."""
    stop_signal: Signals = SIGTERM
    grace: float = 10.0
    """Seconds between the stop signal and SIGKILL."""
    prepare: Callable[[], None] = field(default=lambda: None)
    """Runs before every start (make directories, initialise a data directory)."""
