"""A TLS server that demands a client certificate and answers with the bytes that a test gives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.pki import Authority, Leaf

POLL = 0.02
"""The interval in seconds at which a connection without a request looks whether the test has ended."""


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    connection: int
    body: bytes = b""


Behaviour = Callable[[ssl.SSLSocket], bool]
"""A function that answers one request on a connection. If it returns True, the connection is kept."""


@dataclass
class Scripted:
    """A running server. `paths` has behaviours by the beginning of a path. All other requests take the behaviours of
    `script` in turn, and its last entry for the rest."""

    port: int
    script: list[Behaviour]
    paths: Mapping[str, Behaviour] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)
    handshake_failures: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def behaviour(self, path: str) -> Behaviour:
        for beginning, behaviour in self.paths.items():
            if path.startswith(beginning):
                return behaviour
        return self.script[min(len(self.requests), len(self.script)) - 1]


@contextlib.contextmanager
def scripted_server(
    directory: Path,
    *,
    server: Leaf,
    clients: Authority,
    script: list[Behaviour],
    paths: Mapping[str, Behaviour] | None = None,
) -> Iterator[Scripted]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=clients.certificate)
    pem = directory / "server.pem"
    pem.write_text(server.certificate + server.private_key)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))
    running = Scripted(port=listener.getsockname()[1], script=script, paths=paths or {})
    threads = [threading.Thread(target=_accept, args=(listener, context, running), daemon=True)]
    threads[0].start()
    try:
        yield running
    finally:
        running.stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        threads[0].join(5)
        listener.close()


def _accept(listener: socket.socket, context: ssl.SSLContext, running: Scripted) -> None:
    number = 0
    threads = []
    with contextlib.suppress(OSError):
        while True:
            raw, _ = listener.accept()
            number += 1
            threads.append(threading.Thread(target=_serve, args=(raw, context, running, number), daemon=True))
            threads[-1].start()
    for thread in threads:
        thread.join(5)


def _serve(raw: socket.socket, context: ssl.SSLContext, running: Scripted, number: int) -> None:
    raw.settimeout(5)
    try:
        connection = context.wrap_socket(raw, server_side=True)
        connection.settimeout(POLL)
    except OSError as error:
        running.handshake_failures.append(str(error))
        raw.close()
        return
    with connection, contextlib.suppress(OSError):
        while (received := _receive(connection, running, number)) is not None:
            running.requests.append(received)
            if not running.behaviour(received.path)(connection):
                return


def _receive(connection: ssl.SSLSocket, running: Scripted, number: int) -> Received | None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = _some(connection, running)
        if not data:
            return None
        head += data
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        data = _some(connection, running)
        if not data:
            return None
        body += data
    return Received(method, path, headers, number, body)


def _some(connection: ssl.SSLSocket, running: Scripted) -> bytes:
    """Returns the next request, or None when the connection or the test has ended."""
    while not running.stopping.is_set():
        with contextlib.suppress(TimeoutError):
            return connection.recv(65536)
    return b""


def sends(
    body: bytes, *, status: int = 200, media_type: str = "application/json", keep: bool = True, headers: str = ""
) -> Behaviour:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"

    def behave(connection: ssl.SSLSocket) -> bool:
        connection.settimeout(5)
        connection.sendall(head.encode() + body)
        connection.settimeout(POLL)
        return keep

    return behave


def resets(*, after: bytes = b"") -> Behaviour:
    """Returns a behaviour that sends `after` and then resets the connection."""

    def behave(connection: ssl.SSLSocket) -> bool:
        if after:
            connection.sendall(after)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return behave


def waits(event: threading.Event) -> Behaviour:
    """Returns a behaviour that sends nothing until the event is set."""

    def behave(_: ssl.SSLSocket) -> bool:
        event.wait(30)
        return False

    return behave


def drips(head: bytes, drop: bytes, event: threading.Event, *, pause: float = 0.02) -> Behaviour:
    """Returns a behaviour that sends the head, and then `drop` again and again until the event is set."""

    def behave(connection: ssl.SSLSocket) -> bool:
        connection.sendall(head)
        while not event.wait(pause):
            connection.sendall(drop)
        return False

    return behave
