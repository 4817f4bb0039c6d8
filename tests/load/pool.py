"""The connections of a load: as many as are needed, up to a bound."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.load import http1, http2
from tests.load.connection import Connection, Progress
from tests.load.load import Load
from tests.load.result import Phase


class ProtocolNotOfferedError(Exception):
    """The server does not speak HTTP/2."""


ERRORS = (OSError, ProtocolNotOfferedError)


class Pool:
    """Gives a request an open connection, else a new one, else the first that gets free: first come, first served."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._kept: list[Connection] = []
        self._connecting = 0
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()
        self._tls: tuple[object, ssl.SSLContext] | None = None
        self.opened = 0
        """The number of connections that were opened."""

    @asynccontextmanager
    async def connection(self, progress: Progress, *, own: bool) -> AsyncIterator[Connection]:
        """Yields a connection for one request. With `own` it is a new one that no other request gets."""
        connection = await self._connect(progress) if own else await self._shared(progress)
        try:
            yield connection
        finally:
            connection.under_way -= 1
            if own:
                connection.close()
            self._freed.set()

    def close(self) -> None:
        for connection in self._kept:
            connection.close()

    async def _shared(self, progress: Progress) -> Connection:
        async with self._line:
            while not (with_room := [each for each in self._open() if each.room]):
                if len(self._kept) + self._connecting < self._load.connections:
                    self._connecting += 1
                    break
                self._freed.clear()
                await self._freed.wait()
        if with_room:
            connection = with_room[-1]  # the newest, so that no more are kept busy than are needed
            progress.reused = connection.used
            connection.under_way += 1
            return connection
        try:
            connection = await self._connect(progress)
        finally:
            self._connecting -= 1
            self._freed.set()
        self._kept.append(connection)
        return connection

    def _open(self) -> list[Connection]:
        """Returns the connections without those that the server has closed, which may be while they were idle."""
        for closed in [each for each in self._kept if not each.under_way and not each.room]:
            closed.close()
            self._kept.remove(closed)
        return self._kept

    async def _connect(self, progress: Progress) -> Connection:
        progress.phase = Phase.CONNECTING
        speaks = http2 if self._load.http2 else http1
        host, port = self._load.endpoint
        context = self._context(speaks.PROTOCOL)
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=self._load.host if context else None
        )
        self.opened += 1
        if context and self._load.http2 and writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            writer.transport.abort()
            raise ProtocolNotOfferedError
        connection: Connection = http2.Http2(reader, writer) if self._load.http2 else http1.Http1(reader, writer)
        connection.under_way = 1
        return connection

    def _context(self, protocol: str) -> ssl.SSLContext | None:
        """Returns the settings of TLS from the files as they are now."""
        if not self._load.tls:
            return None
        version = self._load.tls.version()
        if not self._tls or self._tls[0] != version:
            self._tls = version, self._load.tls.context(protocol)
        return self._tls[1]
