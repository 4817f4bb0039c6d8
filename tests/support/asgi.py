"""Calls of an ASGI application in this process, without a server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from app.contract import callers


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A client of an application. It runs the start-up before the first call and the shutdown after the last."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()

    def __call__(self, method: str, path: str, **options: Any) -> Reply:
        """Makes one request. `body` is bytes or chunks, sent after `pause` seconds. Without `length` there is no
        Content-Length. `raw` headers are sent as they are."""
        return self.loop.run_until_complete(self.request(method, path, **options))

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        raw: Sequence[tuple[bytes, bytes]] = (),
        body: bytes | Sequence[bytes] | None = None,
        length: bool = True,
        pause: float = 0.0,
        principal: str | None = "token/tests",
        reach: str = "any",
    ) -> Reply:
        """Makes one request, of a caller who reaches everybody's data unless a test says otherwise. None sends no
        caller."""
        if principal is not None:
            headers = {callers.PRINCIPAL: principal, callers.REACH: reach} | (headers or {})
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        chunks = [body] if isinstance(body, bytes) else list(body or [b""])
        if body is not None:
            total = str(sum(map(len, chunks))).encode()
            pairs.append((b"content-length", total) if length else (b"transfer-encoding", b"chunked"))
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, 1)
        ]
        response: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(pause)
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            response.append(message)

        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(bare),
            "raw_path": bare.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [*pairs, *raw],
            "server": ("127.0.0.1", 8443),
            "client": ("127.0.0.1", 1),
        }
        await self.app(scope, receive, send)
        start = response[0]
        names = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], names, b"".join(message.get("body", b"") for message in response[1:]))


@contextlib.contextmanager
def client(app: FastAPI) -> Iterator[Client]:
    caller = Client(app)
    context = app.router.lifespan_context(app)
    caller.loop.run_until_complete(context.__aenter__())
    try:
        yield caller
    finally:
        caller.loop.run_until_complete(context.__aexit__(None, None, None))
        caller.loop.close()


Call = Callable[..., Reply]
