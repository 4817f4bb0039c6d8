"""Commands in pods: one that hangs, a connection that breaks, and a command that fails are sentences."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import websocket
from kubernetes import client

from cluster import execution
from local.errors import ProviderError

SUCCESS = '{"status": "Success"}'
FAILURE = '{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}'
REFUSED = '{"status": "Failure", "message": "container not found"}'


class Connection:
    """A connection to a pod. `open_` is one whose command has not ended."""

    def __init__(self, status: str = "", *, open_: bool = False, error: Exception | None = None) -> None:
        self._channels, self._open, self._error = {1: "out", 2: "err", 3: status}, open_, error
        self.sock, self.waits = self, list[float]()

    def settimeout(self, seconds: float) -> None:
        self.waits.append(seconds)

    def shutdown(self) -> None:
        self.waits.append(0)

    def write_stdin(self, text: str) -> None:
        if self._error:
            raise self._error

    def run_forever(self, timeout: float) -> None:
        self.waits.append(timeout)

    def is_open(self) -> bool:
        return self._open

    def read_channel(self, channel: int) -> str:
        assert not self._open, "a channel of an open connection may never have anything"
        return self._channels[channel]


def run(monkeypatch: pytest.MonkeyPatch, connection: Connection) -> str:
    monkeypatch.setattr(execution, "stream", lambda *_, **__: connection)
    return execution.run(client.Configuration(), "apps", "pod", ["psql"], "text", timeout=7)


def test_a_command_says_what_it_has_said(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(SUCCESS)
    assert run(monkeypatch, connection) == "outerr"
    assert connection.waits == [7, 7, 0]


@pytest.mark.parametrize(
    ("connection", "sentence"),
    [
        (Connection(open_=True), "psql in the pod pod has not ended within 7 s"),
        (Connection(FAILURE), r"psql in the pod pod failed \(3\): outerr"),
        (Connection(REFUSED), "psql in the pod pod failed: container not found"),
        (Connection(""), "connection to the pod ended before psql in the pod pod did"),
        (Connection("{"), "connection to the pod ended before psql in the pod pod did"),
        (Connection("[]"), "connection to the pod ended before psql in the pod pod did"),
        (Connection(error=websocket.WebSocketConnectionClosedException("gone")), "ended before psql .*: gone"),
        (Connection(error=BrokenPipeError("broken")), "can't be reached: broken"),
    ],
)
def test_what_goes_wrong_is_a_sentence(monkeypatch: pytest.MonkeyPatch, connection: Connection, sentence: str) -> None:
    with pytest.raises(ProviderError, match=sentence):
        run(monkeypatch, connection)
    assert connection.waits[-1] == 0


def frame(opcode: int, content: bytes) -> bytes:
    """Returns a short frame of a WebSocket's server (RFC 6455, 5.2)."""
    return bytes([0x80 | opcode, len(content)]) + content


@contextmanager
def api_server(frames: bytes, *, hangs: bool = False) -> Iterator[Any]:
    """Yields the configuration of a client whose API server opens a WebSocket and sends these frames."""
    done = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            key = re.search(r"Sec-WebSocket-Key: (\S+)", connection.recv(65536).decode())
            assert key
            digest = hashlib.sha1(f"{key[1]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            accept = base64.b64encode(digest).decode()
            head = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
            said = (f"Sec-WebSocket-Accept: {accept}", "Sec-WebSocket-Protocol: v4.channel.k8s.io", "", "")
            connection.sendall("\r\n".join([*head, *said]).encode())
            connection.recv(65536)
            connection.sendall(frames)
            if hangs:
                done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        configuration: Any = client.Configuration()
        configuration.host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield configuration
        done.set()
        thread.join()


SAID = frame(2, b"\1hello ") + frame(2, b"\2world")


def test_a_real_connection_brings_what_a_command_says() -> None:
    with api_server(SAID + frame(2, b"\3" + SUCCESS.encode()) + frame(8, b"\x03\xe8")) as configuration:
        assert execution.run(configuration, "apps", "pod", ["psql"], "text", timeout=7) == "hello world"


@pytest.mark.parametrize(
    ("frames", "hangs", "sentence"),
    [
        (SAID, True, "psql in the pod pod has not ended within 0.3 s"),
        (SAID, False, "connection to the pod ended before psql in the pod pod did"),
        (SAID + frame(8, b"\x03\xe8"), False, "connection to the pod ended before psql in the pod pod did"),
        (SAID[:3], True, "connection to the pod ended before psql in the pod pod did: .*timed out"),
    ],
)
def test_a_real_connection_that_hangs_or_ends_is_a_sentence(frames: bytes, sentence: str, *, hangs: bool) -> None:
    with api_server(frames, hangs=hangs) as configuration, pytest.raises(ProviderError, match=sentence):
        execution.run(configuration, "apps", "pod", ["psql"], "text", timeout=0.3)


def test_a_handshake_that_is_not_answered_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configuration: Any = client.Configuration()
        configuration.host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ProviderError, match="psql in the pod pod: the connection failed"):
            execution.run(configuration, "apps", "pod", ["psql"], "", timeout=7)
