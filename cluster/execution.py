"""Commands in a pod, by the API server's WebSocket: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websocket
import yaml
from kubernetes import client
from kubernetes.stream import stream, ws_client
from kubernetes.stream.ws_client import ERROR_CHANNEL, STDERR_CHANNEL, STDOUT_CHANNEL

from cluster.connection import CONNECT, explained
from local.errors import ProviderError


class _WebSocket(websocket.WebSocket):
    """A WebSocket whose handshake ends: `stream` takes no limit for it."""

    def connect(self, url: str, **options: Any) -> None:
        """Connects, and waits for the other side no longer than for any connection."""
        super().connect(url, **{"timeout": CONNECT, **options})  # type: ignore[no-untyped-call]


ws_client.WebSocket = _WebSocket  # type: ignore[attr-defined]


def run(
    configuration: client.Configuration, namespace: str, pod: str, command: list[str], text: str, *, timeout: float
) -> str:
    """Runs a command in a pod with `text` as its input, and returns what it says.

    Raises ProviderError when it fails, or has not ended within `timeout` seconds.
    """
    what = f"{command[0]} in the pod {pod}"
    try:
        with explained(what), _opened(configuration, namespace, pod, command) as connection:
            connection.sock.settimeout(timeout)
            connection.write_stdin(text)
            connection.run_forever(timeout=timeout)
            if connection.is_open():
                raise ProviderError(f"{what} has not ended within {timeout:g} s.")
            output = "".join(connection.read_channel(channel) for channel in (STDOUT_CHANNEL, STDERR_CHANNEL))
            _check(what, connection.read_channel(ERROR_CHANNEL), output)
            return output
    except websocket.WebSocketException as error:
        raise ProviderError(f"The connection to the pod ended before {what} did: {error}") from None


@contextmanager
def _opened(configuration: client.Configuration, namespace: str, pod: str, command: list[str]) -> Iterator[Any]:
    # `stream` turns all requests of its client into WebSockets meanwhile, those of other threads too.
    with client.ApiClient(configuration) as own:
        connection = stream(
            client.CoreV1Api(own).connect_get_namespaced_pod_exec,
            pod,
            namespace,
            command=command,
            stdin=True,
            stdout=True,
            stderr=True,
            tty=False,
            _preload_content=False,
        )
        try:
            yield connection
        finally:
            connection.sock.shutdown()  # `close` leaves a socket open that the other side has ended


def _check(what: str, text: str, output: str) -> None:
    """Raises ProviderError unless the status that comes last says that the command has succeeded."""
    try:
        status: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        status = None
    match status:
        case {"status": "Success"}:
            return
        case {"details": {"causes": [{"reason": "ExitCode", "message": code}, *_]}}:
            raise ProviderError(f"{what} failed ({code}): {output.strip()}")
        case {"message": message}:
            raise ProviderError(f"{what} failed: {message}")
        case _:
            raise ProviderError(f"The connection to the pod ended before {what} did.")
