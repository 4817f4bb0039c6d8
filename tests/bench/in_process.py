"""`python -m tests.bench.in_process APPLICATION` calls an application in this process, without a server.

Each line of the standard input names a request. It is made some hundred times, and then one line is written to standard
error. The parent reads the CPU time of this process, which includes the thread that exports spans.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import cycle, islice
from typing import Any

import uvloop
from fastapi import FastAPI

from app.services.kit import logs
from app.services.kit.settings import Settings
from tests.bench import traffic
from tests.bench.applications import APPLICATIONS

CALLS = 300


class _Exchange:
    """Makes one request: passes its messages to the application and takes the answer's messages."""

    def __init__(self, body: bytes) -> None:
        self._message: dict[str, Any] = {"type": "http.request", "body": body, "more_body": False}
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        message, self._message = self._message, {"type": "http.disconnect"}
        return message

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


async def _calls(app: FastAPI, scopes: list[dict[str, Any]], body: bytes) -> None:
    for scope in islice(cycle(scopes), CALLS):
        exchange = _Exchange(body)
        await app(dict(scope), exchange.receive, exchange.send)
        if not 200 <= exchange.status < 300:
            raise RuntimeError(f"{scope['method']} {scope['path']} was answered {exchange.status}")


def main(application: str) -> None:
    settings = Settings.from_environment(os.environ)
    logs.configure(service=settings.service, level=settings.log_level, pod=settings.pod)
    app = APPLICATIONS[application](settings)
    scopes = {
        name: [request.scope(number) for number in range(traffic.SAMPLED_OF)]
        for name, request in traffic.REQUESTS.items()
    }
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            name = line.strip()
            runner.run(_calls(app, scopes[name], traffic.REQUESTS[name].body))
            sys.stderr.write("done\n")


if __name__ == "__main__":
    main(sys.argv[1])
