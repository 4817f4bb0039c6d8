"""A closed-loop load generator: a fixed number of connections, each with one request under way.

Every measurement says how busy the generator was. If it computes for more than some nine tenths of the time, it limits
the rate instead of the server.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import cast

import uvloop

CONNECTIONS = 32
_LENGTH = b"content-length: "


class LoadError(Exception):
    """The server did not answer, or answered something other than success."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """The result of one measurement. `busy` is the part of the time in which the generator computed."""

    count: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Returns the requests per second."""
        return self.count / self.seconds


class _Connection(asyncio.Protocol):
    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self.under_way = False
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def send(self) -> None:
        self.under_way = True
        self.transport.write(self._load.next_request())

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return
        at = buffer.find(_LENGTH, 0, end)
        length = int(buffer[at + len(_LENGTH) : buffer.find(b"\r", at)]) if at > 0 else 0
        if len(buffer) < end + 4 + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self.under_way = False
        if buffer[9:10] != b"2":
            self._load.failed(buffer[:1000].decode("latin-1"))
        elif self._load.answered():
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.under_way:
            self._load.failed(f"the connection ended: {error}")


class Load:
    """Connections to one server. The requests that are given to `use` are sent in turn, again and again."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None, connections: int = CONNECTIONS) -> None:
        self._port = port
        self._tls = tls
        self._size = connections
        self._loop = uvloop.new_event_loop()
        self._connections: list[_Connection] = []
        self.next_request: Callable[[], bytes]

    def use(self, requests: Sequence[bytes]) -> None:
        """Sets the requests that are sent from now on."""
        self.next_request = cycle(requests).__next__

    def run_for(self, seconds: float) -> Slice:
        """Sends requests for some seconds. Raises LoadError."""
        return self._loop.run_until_complete(self._run(None, seconds))

    def run(self, count: int) -> Slice:
        """Sends `count` requests, or a few more. Raises LoadError."""
        return self._loop.run_until_complete(self._run(count, None))

    def close(self) -> None:
        for connection in self._connections:
            connection.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def answered(self) -> bool:
        """Tells whether another request is to be sent."""
        self._count += 1
        if self._going and (self._limit is None or self._count < self._limit):
            return True
        self._stop()
        return False

    def failed(self, reason: str) -> None:
        if not self._finished.done():
            self._finished.set_exception(LoadError(reason))

    def _stop(self) -> None:
        self._going = False
        if not self._finished.done() and not any(each.under_way for each in self._connections):
            self._finished.set_result(None)

    async def _run(self, limit: int | None, seconds: float | None) -> Slice:
        while len(self._connections) < self._size:
            _, connection = await self._loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self._port, ssl=self._tls
            )
            self._connections.append(connection)
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._count, self._going, self._limit = 0, True, limit
        started, worked = time.perf_counter(), time.thread_time()
        if seconds is not None:
            self._loop.call_later(seconds, self._stop)
        for connection in self._connections:
            connection.send()
        await self._finished
        elapsed = time.perf_counter() - started
        return Slice(count=self._count, seconds=elapsed, busy=(time.thread_time() - worked) / elapsed)
