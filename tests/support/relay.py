"""A relay between a client and a server, in the event loop of a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[int]:
    """Runs a server on a free port, whose connections end with the block."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side or the block has ended
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks)
        await asyncio.sleep(0.01)  # transports close in a later turn of the loop


async def relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, *, passing: asyncio.Event | None = None
) -> None:
    """Forwards between a client and the server at the port until one ends. Nothing passes until `passing` is set."""
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if passing is not None:
                await passing.wait()
            target.write(data)
        target.close()

    try:
        await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))
    finally:
        inner_writer.transport.abort()
