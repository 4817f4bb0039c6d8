"""The description of a load: a rate, requests, and the way to the server."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.requests import Request


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer. Names of headers are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Tls:
    """The certificates of a client, as files that may be replaced: new connections use what is in them then."""

    authority: Path
    """The authorities that it trusts (PEM)."""
    identity: Path | None = None
    """Its private key and its certificate in one file (PEM), so that they are replaced together; None shows none."""

    def context(self, protocol: str) -> ssl.SSLContext:
        """Returns the settings of connections for the protocol, as ALPN calls it."""
        context = ssl.create_default_context(cafile=self.authority)
        if self.identity:
            context.load_cert_chain(self.identity)
        context.set_alpn_protocols([protocol])
        return context

    def version(self) -> tuple[tuple[int, int], ...]:
        """Returns a value that changes whenever a file is replaced or written."""
        statuses = [os.stat(file) for file in (self.authority, self.identity) if file]  # noqa: PTH116
        return tuple((status.st_ino, status.st_mtime_ns) for status in statuses)


@dataclass(frozen=True, kw_only=True)
class Load:
    """Requests at a constant rate. All of it can be pickled, if its functions are those of a module or of dataclasses.

    Request `number` is intended at `number / rate` seconds after the start, and its latency counts from there.
    """

    url: str
    """The scheme, host and port of the server: `https://api.example.com`. `Host` and SNI are taken from it."""
    address: tuple[str, int] | None = None
    """The address and port to connect to; None takes them from the URL."""
    requests: Callable[[int], Request]
    """Returns the request with this number."""
    rate: float
    """The requests per second."""
    seconds: float
    """The time for which requests are sent."""
    tls: Tls | None = None
    """Needed for https."""
    http2: bool = False
    """True speaks HTTP/2: by ALPN over TLS, else from the first byte."""
    connections: int = 200
    """The most connections that requests share, at once. A request that finds all of them taken waits for one, and its
    latency shows it."""
    new_connections: float = 0.0
    """The share of requests that get a connection of their own, besides those that are shared, 0 to 1."""
    timeout: float = 10.0
    """The seconds from the intended start after which a request is given up and counts as lost, wherever it is then."""
    lateness_bound: float = 0.1
    """The seconds by which the generator itself may be late with a request. Beyond them the result is inconclusive."""
    label: Callable[[Answer], str] | None = None
    """Returns what an answer is counted as, say the version that gave it; None counts none."""

    def __post_init__(self) -> None:
        """Raises ValueError when the URL and `tls` do not fit together, or a number is out of range."""
        scheme = urlsplit(self.url).scheme
        if (scheme == "https") != (self.tls is not None) or scheme not in ("http", "https"):
            raise ValueError(f"the URL {self.url} must be of https with tls, or of http without")
        if not (self.rate > 0 and self.seconds > 0 and self.connections > 0 and 0 <= self.new_connections <= 1):
            raise ValueError("rate, seconds and connections must be above 0, and new_connections from 0 to 1")

    @property
    def count(self) -> int:
        """Returns the number of requests that are sent unless it is stopped early."""
        return max(1, round(self.rate * self.seconds))

    @property
    def authority(self) -> str:
        """Returns the host, and the port if the URL has one, as the header `Host` has it."""
        return urlsplit(self.url).netloc

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def endpoint(self) -> tuple[str, int]:
        """Returns the address and port to connect to."""
        parts = urlsplit(self.url)
        return self.address or (self.host, parts.port or (443 if parts.scheme == "https" else 80))
