"""Commands in pods: one that hangs, a connection that breaks, and a command that fails are sentences."""

from __future__ import annotations

import socket
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


def test_a_handshake_that_is_not_answered_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configuration: Any = client.Configuration()
        configuration.host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ProviderError, match="psql in the pod pod: the connection failed"):
            execution.run(configuration, "apps", "pod", ["psql"], "", timeout=7)
