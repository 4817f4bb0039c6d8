"""Envoy's admin interface on its unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


class UnreachableError(Exception):
    """Envoy does not answer: it does not run, or it is just starting."""


@dataclass(frozen=True)
class Admin:
    """A client of the admin interface."""

    path: Path

    def get(self, target: str, *, timeout: float = 2.0) -> tuple[int, str]:
        """Returns the answer's status and body. Raises UnreachableError."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.sock.settimeout(timeout)
            connection.sock.connect(str(self.path))
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(str(error)) from error
        finally:
            connection.close()

    def ready(self) -> bool:
        """Says whether Envoy runs. This says nothing about its dynamic files."""
        try:
            return self.get("/ready", timeout=0.5)[0] == http.HTTPStatus.OK
        except UnreachableError:
            return False

    def stats(self, pattern: str) -> dict[str, str | int]:
        """Returns counters, gauges and texts whose names match the regular expression. Raises UnreachableError."""
        _, body = self.get(f"/stats?format=json&filter={quote(pattern)}")
        return {stat["name"]: stat["value"] for stat in json.loads(body)["stats"] if "name" in stat}
