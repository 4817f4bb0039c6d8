"""The end of a command whose output nobody reads any more, as in `plan | head`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STATUS = 128 + signal.SIGPIPE
"""The exit status that a shell gives a program which a closed pipe has ended."""


@contextmanager
def silent_end() -> Iterator[None]:
    """Ends the process without a word when its standard output is closed."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere: the interpreter would try to write it at its own end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(STATUS)
