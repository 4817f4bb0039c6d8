"""The collector's web application: one address for messages, one that says that it is there.

It listens on loopback, where pages of a browser could reach it too: it takes the media types of OTLP alone, which no
page may send elsewhere unasked, and answers only to its own name.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.contract.conventions import TRACES
from telemetry.decoding import JSON, PROTOBUF, MessageError, decoded
from telemetry.place import HOST
from telemetry.span import by_conventions
from telemetry.store import Store

log = logging.getLogger(__name__)
LARGEST = 8 * 1024 * 1024
"""Bytes of a message, and of what it unpacks to."""


class TooLargeError(Exception):
    """A message is larger than LARGEST."""


def application(store: Store, *, port: int) -> Starlette:
    """Returns the application, which keeps spans in the store."""

    async def take(request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.headers.get("host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            return PlainTextResponse(f"This is {HOST}:{port} and no other host.\n", 400)
        if media_type not in (JSON, PROTOBUF):
            return PlainTextResponse(f"The content-type must be {JSON} or {PROTOBUF}, not {media_type!r}.\n", 415)
        try:
            body = await _body(request)
            store.add(by_conventions(span) for span in decoded(body, media_type))
        except (TooLargeError, MessageError, sqlite3.Error) as error:
            return _refusal(error)
        # The answer for all that was taken: an empty message in either form.
        return Response(b"{}" if media_type == JSON else b"", media_type=media_type)

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready\n")

    return Starlette(routes=[Route(TRACES, take, methods=["POST"]), Route("/ready", ready)])


def _refusal(error: Exception) -> Response:
    match error:
        case TooLargeError():
            return PlainTextResponse(f"A message has at most {LARGEST} bytes.\n", 413)
        case MessageError():
            return PlainTextResponse(f"{error}\n", 400)
    log.warning("Spans are lost, for they can't be written: %s", error)
    return PlainTextResponse(f"The spans can't be written: {error}\n", 503)


async def _body(request: Request) -> bytes:
    """Returns the unpacked body. Raises TooLargeError, MessageError."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise TooLargeError
    except ClientDisconnect:
        raise MessageError("The message has not come to its end.") from None
    if request.headers.get("content-encoding", "identity") != "gzip":
        return bytes(body)
    try:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unpacked = unpacker.decompress(bytes(body), LARGEST)
    except zlib.error as error:
        raise MessageError(f"It is no gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise TooLargeError
    return unpacked
