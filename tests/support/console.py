"""The console of a stack as a person has it: started by its command, and read by a browser that has signed in."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import urllib3

from tests.support.stack import Stack

PATIENCE = 60
"""Seconds for an answer, and for the end of the process."""


@dataclass(kw_only=True)
class RunningConsole:
    """A console that runs."""

    address: str
    link: str
    """The address that signs in, as it was printed."""
    process: psutil.Process
    _cookie: str = field(default="", repr=False)

    def get(self, path: str) -> str:
        """Returns the HTML of a page."""
        if not self._cookie:
            answer = urllib3.request("GET", self.link, redirect=False, timeout=PATIENCE)
            assert answer.status == 303
            self._cookie = answer.headers["set-cookie"].partition(";")[0]
        answer = urllib3.request("GET", self.address + path, headers={"cookie": self._cookie}, timeout=PATIENCE)
        assert answer.status == 200, answer.data
        return answer.data.decode()


@contextmanager
def console(stack: Stack) -> Iterator[RunningConsole]:
    """Runs the console of a stack until the end of the block."""
    with stack.start("console") as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"Console: ((http://127\.0\.0\.1:\d+)/sign-in\?token=\S+)\n", line)
            assert match is not None, line + (process.stderr.read() if process.stderr and not line else "")
            yield RunningConsole(address=match[2], link=match[1], process=psutil.Process(process.pid))
        finally:
            os.kill(process.pid, signal.SIGINT)
            process.wait(timeout=PATIENCE)
