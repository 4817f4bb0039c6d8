"""Free TCP ports of the loopback, for parts that keep theirs."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

PORT_RANGE = range(20000, 32000)
"""Below Linux's range for outgoing connections (32768 and up), so that a kept port is not taken by one."""


def is_free(port: int) -> bool:
    """Returns whether nobody listens on the port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:  # also of a port below 1024, for a user without the right
        return False
    return True


def choose_port(taken: Collection[int]) -> int:
    """Returns a free port that is not among `taken`, at random: clones that start together would share the first."""
    return next(port for port in random.sample(PORT_RANGE, len(PORT_RANGE)) if port not in taken and is_free(port))
