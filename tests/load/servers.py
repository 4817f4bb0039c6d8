"""Servers that answer as a test says, in a thread."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Last(bytes):
    """An answer after which the server closes the connection without a word."""


CLOSED = Last()
"""No answer: the server closes the connection."""
RESET = Last()
"""No answer: the server resets the connection."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request. `number` counts the server's requests, `turn` those of its connection, from 0."""

    number: int
    turn: int
    head: str
    body: bytes


Behaviour = Callable[[Received], Awaitable[bytes]]


async def well(_: Received) -> bytes:
    """Answers at once."""
    return OK


@contextmanager
def _in_a_thread(
    connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None
) -> Iterator[int]:
    """Yields the port of a server that handles its connections with `connected`."""
    port: list[int] = []
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await connected(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            return  # the client or the test has ended
        finally:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        ready.wait()
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@contextmanager
def http1(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yields the port of a server for HTTP/1.1 that sends the bytes that `behave` returns."""
    numbers = count()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in count():
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            _, _, length = head.partition("content-length: ")
            body = await reader.readexactly(int(length.split("\r\n")[0] or 0))
            answer = await behave(Received(number=next(numbers), turn=turn, head=head, body=body))
            if answer is RESET:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.write(answer)
            if isinstance(answer, Last):
                return

    with _in_a_thread(connected, tls) as port:
        yield port


Answering = Callable[[H2Connection, int, Received], Awaitable[bytes]]
"""Answers a request of HTTP/2 on the stream with this number. Returns frames that are sent before the answer."""


@contextmanager
def http2(answer: Answering, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yields the port of a server for HTTP/2 that hands each whole request to `answer`, in a task of its own."""
    numbers = count()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        writer.write(http.data_to_send())
        heads: dict[int, str] = {}
        bodies: dict[int, bytes] = {}

        async def reply(stream: int, turn: int) -> None:
            received = Received(number=next(numbers), turn=turn, head=heads[stream], body=bodies[stream])
            frames = await answer(http, stream, received)
            writer.write(frames + http.data_to_send())

        def take(event: Event) -> None:
            match event:
                case RequestReceived(stream_id=stream, headers=headers):
                    heads[stream] = "\r\n".join(f"{name!s}: {value!s}" for name, value in headers)
                    bodies[stream] = b""
                case DataReceived(stream_id=stream):
                    bodies[stream] += event.data
                    http.acknowledge_received_data(event.flow_controlled_length, stream)
                case StreamEnded(stream_id=stream):
                    group.create_task(reply(stream, len(heads) - 1))

        async with asyncio.TaskGroup() as group:
            while data := await reader.read(65536):
                for event in http.receive_data(data):
                    take(event)
                writer.write(http.data_to_send())

    with _in_a_thread(connected, tls) as port:
        yield port


async def well2(http: H2Connection, stream: int, _: Received) -> bytes:
    """Answers at once."""
    http.send_headers(stream, [(":status", "200")])
    http.send_data(stream, b"ok", end_stream=True)
    return b""
