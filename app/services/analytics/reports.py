"""Runs `bootstrap.py`, each time in a process of its own.

It computes for seconds, which would hold up the event loop even from a thread, and a process can be ended at any
moment.
"""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from app.contract.problems import Kind, ProblemError
from app.services.kit.places import Places

AT_ONCE = 2
"""Reports that a pod computes at once. More pods come with the load of the processor."""
TIME_LIMIT = 8.0
"""Seconds that a report may take: less than the 10 s that the edge waits."""
MAX_DRAWS = 20_000_000
"""Resamples times amounts of a report: 1 to 2 s of a processor, so that AT_ONCE of them on one end in time."""
MAX_AMOUNTS = 100_000
"""Amounts of a report, however few its resamples are: 4 MB in the service."""
RETRY_AFTER = 2
"""Seconds after which a caller may try again."""
ABANDONED = Kind(slug="abandoned", status=499, title="The caller did not wait for the answer")
"""The problem that only the log shows, as the caller has gone. nginx uses the same status."""

_PROGRAM = Path(__file__).with_name("bootstrap.py")

T = TypeVar("T")


def most_amounts(resamples: int) -> int:
    """Returns the largest number of amounts that a report with so many resamples may have."""
    return min(MAX_AMOUNTS, MAX_DRAWS // resamples)


class Reports:
    """The reports that this process computes, in a limited number of `places`."""

    def __init__(self, *, at_once: int = AT_ONCE, time_limit: float = TIME_LIMIT) -> None:
        self.places = Places(at_once, name="reports", retry_after=RETRY_AFTER)
        self._time_limit = time_limit

    async def estimate(self, amounts: Sequence[int], resamples: int) -> dict[str, int]:
        """Returns what `bootstrap.estimate` does. Ends the process when it is cancelled.

        Raises ProblemError (503) after the time limit.
        """
        process = await create_subprocess_exec(
            sys.executable, "-I", "-S", _PROGRAM, str(resamples), stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}
        )
        try:
            async with asyncio.timeout(self._time_limit):
                out, err = await process.communicate(array("q", amounts).tobytes())
        except TimeoutError:
            detail = "The report takes too long now; try again, or with fewer resamples or days."
            raise self.places.unavailable(detail) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise RuntimeError(f"bootstrap.py ended with {process.returncode}: {err.decode(errors='replace')}")
        estimate: dict[str, int] = json.loads(out)
        return estimate


async def _reports(request: Request) -> Reports:
    reports: Reports = request.app.state.reports
    return reports


ServiceReports = Annotated[Reports, Depends(_reports)]
"""The reports that the service computes."""


async def while_awaited(request: Request, work: Awaitable[T]) -> T:
    """Returns the result of the work, which it cancels when the caller goes away.

    The request's body must have been read: the next message is that of the connection's end. Raises ProblemError (499).
    """
    running, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((running, gone), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ProblemError(ABANDONED, "The caller has gone.")
        return running.result()
    finally:
        running.cancel()
        gone.cancel()
        await asyncio.gather(running, gone, return_exceptions=True)
