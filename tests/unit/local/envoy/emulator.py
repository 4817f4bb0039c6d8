"""The server behind the gateway's front in its tests: it says what reached it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        received = len(self.rfile.read(length)) if length else len(self._chunks())
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "x-hold" in headers:
            self.server.released.wait(60)  # type: ignore[attr-defined]
        body = json.dumps(
            {"method": self.command, "path": self.path, "headers": headers, "received": received}
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", headers.get("x-request-id", "made-by-the-function"))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _chunks(self) -> bytes:
        content = b""
        while self.headers.get("transfer-encoding") == "chunked" and (size := int(self.rfile.readline(), 16)):
            content += self.rfile.read(size)
            self.rfile.readline()
        return content

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


for _method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"):
    setattr(_Echo, f"do_{_method}", _Echo.answer)


class Emulator(ThreadingHTTPServer):
    """The server of one test."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Echo)
        self.connections: list[socket.socket] = []
        self.released = threading.Event()
        """Requests with the header `x-hold` are answered when it is set."""

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, *_: object) -> None:
        """A caller that was refused has gone."""

    def server_close(self) -> None:
        super().server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextmanager
def emulator(port: int) -> Iterator[Emulator]:
    server = Emulator(port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
