"""An open-loop load generator: requests come at a constant rate, whether or not earlier ones were answered.

It is our own because no kept generator on PyPI is open-loop (the users of Locust and Molotov wait for their answers)
and says how each request was lost; HTTP itself is left to h11 and h2, which, unlike whole clients, try nothing again.

`load` says what is sent and `requests` which requests; `Running` sends them from a process of its own while a test
does something else, `run` from this one; `result` is what was seen. There are two closed loops besides:
`tests/bench/load.py` keeps a server fully busy to measure its throughput, and `tests/support/load.py` repeats any
action in threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.load import http1, http2, pool
from tests.load.connection import ConnectionClosedError, Progress
from tests.load.load import Load
from tests.load.pool import Pool
from tests.load.result import Loss, Outcome, Phase, Result

LOSSES = (ConnectionClosedError, *pool.ERRORS, *http1.ERRORS, *http2.ERRORS)
"""The errors by which a request is lost. TimeoutError is an OSError. Any other error is a mistake and ends the load."""


async def run(
    load: Load, *, stop: asyncio.Event | None = None, when_started: Callable[[float], object] = lambda _: None
) -> Result:
    """Sends the load, until it is over or `stop` is set, and waits for the answers to what was sent.

    Calls `when_started` with the start on the monotonic clock.
    """
    connections = Pool(load)
    generator = _Generator(load, connections)
    when_started(generator.started)
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(load.count):
                await asyncio.sleep(max(0.0, generator.intended(number) - time.monotonic()))
                group.create_task(generator.send(number))
                if stop and stop.is_set():
                    break
            elapsed = time.monotonic() - generator.started
    finally:
        connections.close()
        await asyncio.sleep(0)
    return Result(
        outcomes=tuple(outcome for _, outcome in sorted(generator.outcomes.items())),
        started=generator.started,
        seconds=max(elapsed, len(generator.outcomes) / load.rate),
        connections=connections.opened,
        lateness_bound=load.lateness_bound,
    )


class _Generator:
    def __init__(self, load: Load, connections: Pool) -> None:
        self._load = load
        self._pool = connections
        self.started = time.monotonic()
        self.outcomes: dict[int, Outcome] = {}

    def intended(self, number: int) -> float:
        """Returns when a request is to be sent, on the monotonic clock."""
        return self.started + number / self._load.rate

    async def send(self, number: int) -> None:
        """Sends one request, and keeps what became of it."""
        intended = self.intended(number)
        late = time.monotonic() - intended
        label, loss, progress = None, None, Progress()
        try:
            async with asyncio.timeout(self._load.timeout - late):
                label, loss = await self._exchange(number, progress)
        except LOSSES as error:
            loss = Loss(kind=type(error).__name__, phase=progress.phase, reused=progress.reused)
        latency = time.monotonic() - intended
        self.outcomes[number] = Outcome(at=intended - self.started, late=late, latency=latency, label=label, loss=loss)

    async def _exchange(self, number: int, progress: Progress) -> tuple[str | None, Loss | None]:
        """Returns the answer's label, and what is wrong with its status."""
        share = self._load.new_connections
        own = int((number + 1) * share) > int(number * share)
        request = self._load.requests(number)
        async with self._pool.connection(progress, own=own) as connection:
            answer = await connection.exchange(request, self._load.authority, progress)
        progress.phase = Phase.ANSWERED
        label = self._load.label(answer) if self._load.label else None
        if answer.status in request.expected:
            return label, None
        return label, Loss(kind=str(answer.status), phase=progress.phase, reused=progress.reused)
