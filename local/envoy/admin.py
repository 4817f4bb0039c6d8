"""Envoy's admin interface on its unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from urllib.parse import quote


class UnreachableError(Exception):
    """Envoy does not answer: it is not running, or just being started."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Admin:
    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, target: str, *, timeout: float = 2.0) -> tuple[int, str]:
        """Status and body. Raises UnreachableError."""
        connection = _Connection(self._path, timeout)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(str(error)) from error
        finally:
            connection.close()

    def ready(self) -> bool:
        """Whether it runs. This says nothing about the dynamic files."""
        try:
            return self.get("/ready", timeout=0.5)[0] == http.HTTPStatus.OK
        except UnreachableError:
            return False

    def stats(self, pattern: str) -> dict[str, str | int]:
        """Counters, gauges and texts whose names match the regular expression. Raises UnreachableError."""
        _, body = self.get(f"/stats?format=json&filter={quote(pattern)}")
        return {stat["name"]: stat["value"] for stat in json.loads(body)["stats"] if "name" in stat}
