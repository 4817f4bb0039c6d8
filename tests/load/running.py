"""A load from a process of its own, whose schedule a busy test does not disturb."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from tests.load.generator import run
from tests.load.load import Load
from tests.load.result import Result

START = 60.0
"""Seconds that the process may take to start."""


class RunningError(Exception):
    """The process of the load has ended without a result; it has written the reason to standard error."""


class Running:
    """A load that is sent from the beginning of a `with` block. A block that ends early ends the load.

    `finish` stops it, `wait` lets it send everything; each returns the result.
    """

    def __init__(self, load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self._load = load
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_work, args=(load, other), daemon=True)
        self._marks: dict[str, float] = {}
        self._other = other

    def __enter__(self) -> Running:
        self._process.start()
        self._other.close()
        self.started: float = self._received(START)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._connection.close()

    def mark(self, name: str) -> float:
        """Keeps the moment in the result under a name. Returns it, in seconds from the start."""
        self._marks[name] = time.monotonic() - self.started
        return self._marks[name]

    def finish(self) -> Result:
        """Sends no more requests, and returns what became of the others."""
        with suppress(BrokenPipeError):  # it is over already, and its result can be read
            self._connection.send("stop")
        return self._result()

    def wait(self) -> Result:
        """Waits until all requests are sent, and returns what became of them."""
        return self._result()

    def _result(self) -> Result:
        left = self.started + self._load.seconds - time.monotonic()
        result: Result = self._received(max(0.0, left) + self._load.timeout + START)
        return replace(result, marks=self._marks)

    def _received(self, seconds: float) -> Any:
        try:
            if self._connection.poll(seconds):
                return self._connection.recv()
        except EOFError:
            raise RunningError("The process of the load has ended.") from None
        raise RunningError(f"The process of the load said nothing for {seconds:.0f} s.")


def _work(load: Load, connection: Connection) -> None:
    """Sends the load in this process, until the other side of the connection says or closes something."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(_until_stopped(load, connection))
    os.set_blocking(connection.fileno(), True)  # watching it made it otherwise, and a result may be larger than a pipe
    connection.send(result)


async def _until_stopped(load: Load, connection: Connection) -> Result:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def stopped() -> None:
        loop.remove_reader(connection.fileno())
        stop.set()

    loop.add_reader(connection.fileno(), stopped)
    return await run(load, stop=stop, when_started=connection.send)
