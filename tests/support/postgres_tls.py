"""TLS in front of a PostgreSQL server without it. It answers the request for TLS and forwards the rest."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.pki import Leaf
from tests.support.relay import relay, serving


@contextlib.asynccontextmanager
async def postgres_tls(port: int, leaf: Leaf, folder: Path) -> AsyncIterator[int]:
    """Yields the port that takes TLS. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL"""
    pem = folder / "server.pem"
    pem.write_text(leaf.certificate + leaf.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest
        writer.write(b"S")
        await writer.start_tls(context)
        await relay(reader, writer, port)

    async with serving(handle) as own:
        yield own
