"""`python -m tests.bench.upstream CERTIFICATE CLIENT_CA` is an ingress whose services answer at once, over mutual TLS.

The variable PORT names its port. Every request gets the same user.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from typing import cast

import uvloop

BODY = b'{"id":"123","name":"Mark Wells","role":"Engineer"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"date: Sat, 21 Nov 2026 12:00:00 GMT\r\n"
    b"server: envoy\r\n"
    b'etag: "1"\r\n'
    b"content-length: %d\r\n"
    b"content-type: application/json\r\n"
    b"x-request-id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n"
    b"x-envoy-upstream-service-time: 1\r\n"
    b"\r\n%s" % (len(BODY), BODY)
)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:  # the requests have no body
            _, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._transport.write(ANSWER)


async def main(certificate: str, client_ca: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client_ca)
    context.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(
        _Connection, "127.0.0.1", int(os.environ["PORT"]), ssl=context
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
