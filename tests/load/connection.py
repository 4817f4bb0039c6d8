"""The connection that the pool and the generator know, whichever version of HTTP it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tests.load.load import Answer
from tests.load.requests import Request
from tests.load.result import Phase


@dataclass(kw_only=True)
class Progress:
    """The progress of a request: a connection keeps it up to date, and a loss tells of it."""

    phase: Phase = Phase.WAITING
    reused: bool = False


class ConnectionClosedError(Exception):
    """The server closed the connection before the answer was whole."""


class Connection(Protocol):
    """An open connection. It makes no second try of anything."""

    under_way: int
    """The number of requests that have the connection at the moment."""
    used: bool
    """True when a request has been sent."""

    @property
    def room(self) -> bool:
        """Tells whether it is open and takes another request now."""

    async def exchange(self, request: Request, authority: str, progress: Progress) -> Answer:
        """Returns the answer to a request. Raises what the library or the network raise."""

    def close(self) -> None:
        """Closes it at once."""
