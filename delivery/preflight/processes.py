"""Runs one command as a process, with a limit, and without anything that could ask a person."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from delivery.preflight.unanswered import Why, unanswered

SECONDS = 30.0
"""Seconds that a command may take. Those of the clouds are one request, and start in a second or two."""
_LOOK_SECONDS = 0.1
"""Seconds between two looks whether a person has stopped the checks."""
_QUIET = {
    "AWS_PAGER": "",
    "AZURE_CORE_COLLECT_TELEMETRY": "no",
    "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
    "GH_PROMPT_DISABLED": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
    "NO_COLOR": "1",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}
"""Variables by which the tools neither ask, nor install, nor call home."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Done]
"""Runs a command to its end, whatever its exit status. Raises UnansweredError without a program or in time."""


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs commands as processes: a `Run`."""

    seconds: float
    """The limit of each."""
    folder: Path
    """The folder in which they run: Pulumi looks there for the project."""
    _stopped: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def __call__(self, command: Sequence[str]) -> Done:
        if self._stopped.is_set():
            raise unanswered(Why.LATE, command)
        try:
            process = subprocess.Popen(  # noqa: S603 - read-only commands alone, each argument is made here
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env={**os.environ, **_QUIET},
                start_new_session=True,  # `az` is a script that starts Python: both have to end
            )
        except OSError:  # also a file that is there and can't be run
            raise unanswered(Why.MISSING, command) from None
        with process:  # closes the pipes: a child in a session of its own may hold their other ends for ever
            printed = self._printed(process)
            if printed is None:
                # A group whose last process has just ended is refused; then nothing of it is left to be killed.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise unanswered(Why.LATE, command)
        out, err = printed
        return Done(status=process.returncode, out=out, err=err)

    def stop(self) -> None:
        """Ends what runs, and begins nothing more: a person has stopped the checks."""
        self._stopped.set()

    def _printed(self, process: subprocess.Popen[str]) -> tuple[str, str] | None:
        """Returns what a process prints until it ends; None when it is late, or a person has stopped the checks."""
        end = time.monotonic() + self.seconds
        while not self._stopped.is_set() and (left := end - time.monotonic()) > 0:
            try:
                return process.communicate(timeout=min(left, _LOOK_SECONDS))
            except subprocess.TimeoutExpired:
                continue  # what has been read so far is kept
        return None
