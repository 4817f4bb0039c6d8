"""A connection that speaks HTTP/1.1, with one request at a time."""

from __future__ import annotations

import asyncio

import h11

from tests.load.connection import ConnectionClosedError, Progress
from tests.load.load import Answer
from tests.load.requests import Request
from tests.load.result import Phase

PROTOCOL = "http/1.1"
ERRORS = (h11.ProtocolError,)
CHUNK = 65536


class Http1:
    """See `Connection`. What the server closed while it was idle has no room, as with any client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT)
        self.under_way = 0
        self.used = False

    @property
    def room(self) -> bool:
        return self.under_way == 0 and not (
            self._writer.is_closing() or self._reader.at_eof() or self._reader.exception()
        )

    async def exchange(self, request: Request, authority: str, progress: Progress) -> Answer:
        head: list[tuple[str, str]] = [("host", authority), *request.headers]
        if request.body:
            head.append(("content-length", str(len(request.body))))
        whole = False
        try:
            self._writer.write(
                (self._http.send(h11.Request(method=request.method, target=request.path, headers=head)) or b"")
                + (self._http.send(h11.Data(data=request.body)) or b"")
                + (self._http.send(h11.EndOfMessage()) or b"")
            )
            progress.phase, self.used = Phase.SENT, True
            answer = await self._answer(progress)
            whole = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        finally:
            if whole:
                self._http.start_next_cycle()
            else:
                self.close()
        return answer

    async def _answer(self, progress: Progress) -> Answer:
        status, headers, body = 0, {}, b""
        while not isinstance(event := await self._event(progress), h11.EndOfMessage):
            match event:
                case h11.Response():
                    status = event.status_code
                    headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
                case h11.Data():
                    body += event.data
                case h11.ConnectionClosed():
                    raise ConnectionClosedError
        return Answer(status=status, headers=headers, body=body)

    async def _event(self, progress: Progress) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(CHUNK)
            if not data and progress.phase is Phase.SENT:
                raise ConnectionClosedError
            progress.phase = Phase.BEGUN
            self._http.receive_data(data)
        assert isinstance(event, h11.Event)
        return event

    def close(self) -> None:
        self._writer.transport.abort()
