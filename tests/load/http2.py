"""A connection that speaks HTTP/2, with many requests at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error

from tests.load.connection import ConnectionClosedError, Progress
from tests.load.load import Answer
from tests.load.requests import Request
from tests.load.result import Phase

PROTOCOL = "h2"
FRAME_HEAD = 9
"""Bytes before the payload of a frame: 3 of its length, 1 of its type, and others (RFC 9113, 4.1)."""
GOAWAY = 7


class StreamResetError(Exception):
    """The server gave up the request."""


class GoAwayError(Exception):
    """The server ended the connection and says that it has not worked on the request."""


ERRORS = (H2Error, StreamResetError, GoAwayError)


@dataclass(kw_only=True)
class _Stream:
    progress: Progress
    answer: asyncio.Future[Answer]
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Http2:
    """See `Connection`. After GOAWAY it takes no further request, and ends those that the server still answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._streams: dict[int, _Stream] = {}
        self._window = asyncio.Event()
        self._open = True
        self.under_way = 0
        self.used = False
        self._http.initiate_connection()
        self._flush()
        self._receiving = asyncio.create_task(self._receive())

    @property
    def room(self) -> bool:
        most = self._http.remote_settings.max_concurrent_streams
        return self._open and not self._writer.is_closing() and self.under_way < most

    async def exchange(self, request: Request, authority: str, progress: Progress) -> Answer:
        if not self._open:
            raise ConnectionClosedError
        head = [(":method", request.method), (":scheme", self._scheme), (":authority", authority)]
        head += [(":path", request.path), *((name.lower(), value) for name, value in request.headers)]
        number = self._http.get_next_available_stream_id()
        stream = _Stream(progress=progress, answer=asyncio.get_running_loop().create_future())
        self._streams[number] = stream
        try:
            self._http.send_headers(number, head, end_stream=not request.body)
            progress.phase, self.used = Phase.SENT, True
            self._flush()
            await self._send(number, request.body)
            return await stream.answer
        finally:
            del self._streams[number]
            if not stream.answer.done() or stream.answer.cancelled():
                self._give_up(number)

    async def _send(self, number: int, body: bytes) -> None:
        """Sends the body as fast as the server's windows allow."""
        while body and number in self._streams and not self._streams[number].answer.done():
            window = min(self._http.local_flow_control_window(number), self._http.max_outbound_frame_size)
            if window:
                self._http.send_data(number, body[:window], end_stream=len(body) <= window)
                self._flush()
                body = body[window:]
            else:
                self._window.clear()
                await self._window.wait()

    def _give_up(self, number: int) -> None:
        try:
            self._http.reset_stream(number, ErrorCodes.CANCEL)
        except H2Error:
            return  # it was never opened, or both sides have ended it
        self._flush()

    async def _receive(self) -> None:
        """Hands what comes to the requests, until the connection ends."""
        error: Exception = ConnectionClosedError()
        try:
            while True:
                head = await self._reader.readexactly(FRAME_HEAD)
                payload = await self._reader.readexactly(int.from_bytes(head[:3]))
                if head[3] == GOAWAY:
                    self._go_away(int.from_bytes(payload[:4]))
                else:
                    for event in self._http.receive_data(head + payload):
                        self._take(event)
                    self._flush()
        except asyncio.IncompleteReadError:
            error = ConnectionClosedError()
        except (OSError, H2Error) as cause:
            error = cause
        finally:
            self._open = False
            for number in tuple(self._streams):
                self._fail(number, error)
            self.close()

    def _take(self, event: Event) -> None:
        match event:
            case ResponseReceived(stream_id=number, headers=headers) if number in self._streams:
                self._streams[number].progress.phase = Phase.BEGUN
                self._streams[number].headers = {str(name): str(value) for name, value in headers}
            case DataReceived(stream_id=number):
                self._http.acknowledge_received_data(event.flow_controlled_length, number)
                if number in self._streams:
                    self._streams[number].body += event.data
            case StreamEnded(stream_id=number) if number in self._streams:
                stream = self._streams[number]
                status = int(stream.headers.pop(":status"))
                if not stream.answer.done():
                    stream.answer.set_result(Answer(status=status, headers=stream.headers, body=stream.body))
            case StreamReset(stream_id=number):
                self._fail(number, StreamResetError())
            case WindowUpdated():
                self._window.set()

    def _go_away(self, last: int) -> None:
        """Fails the requests after the last one that the server still answers.

        h2 does not get the frame: it would take the connection for closed, and refuse the answers that are to come.
        """
        self._open = False
        for number in [number for number in self._streams if number > last]:
            self._fail(number, GoAwayError())

    def _fail(self, number: int, error: Exception) -> None:
        stream = self._streams.get(number)
        if stream and not stream.answer.done():
            stream.answer.set_exception(error)
        self._window.set()

    @property
    def _scheme(self) -> str:
        return "https" if self._writer.get_extra_info("ssl_object") else "http"

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._writer.write(data)

    def close(self) -> None:
        self._open = False
        self._receiving.cancel()
        self._writer.transport.abort()
