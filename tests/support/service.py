"""A service as a process, as its container runs it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Service:
    """A process `python ARGUMENTS` with exactly this environment, which names HOST and PORT. Its calls trust `ca`."""

    def __init__(self, *arguments: str, environment: dict[str, str], ca: str) -> None:
        self.port = int(environment["PORT"])
        self._context = ssl.create_default_context(cadata=ca)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self._context, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"X-Principal": "token/tests", "X-Reach": "any"} | headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            body = response.read()
            is_json = names.get("content-type", "").endswith("json")
            return response.status, names, json.loads(body) if is_json else body
        finally:
            connection.close()

    def wait_for(self, path: str, status: int) -> Any:
        """Waits for the first answer with the status and returns its body."""
        end = time.monotonic() + PATIENCE
        seen: object = None
        while time.monotonic() < end and self.process.poll() is None:
            try:
                seen = self.get(path)
            except OSError as error:
                seen = error
            else:
                if seen[0] == status:
                    return seen[2]
            time.sleep(0.02)
        raise AssertionError(f"{path} did not answer {status}: {seen}, {self.end()}")

    def takes_connections(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def signal(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> list[dict[str, Any]]:
        """Ends the process, unless it has ended, and returns every line that it has logged."""
        if self.process.poll() is None:
            self.signal()
        return self.lines()

    def lines(self) -> list[dict[str, Any]]:
        """Waits for the end of the process and returns every line that it has logged."""
        out, err = self.process.communicate(timeout=PATIENCE)
        if err:
            raise AssertionError(err)
        return [json.loads(line) for line in out.splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
