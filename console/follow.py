"""Keeps the history up to date while the console runs, and ends the console when the stack's folder is gone."""

from __future__ import annotations

import asyncio
import os
import time
from typing import IO

from console.context import Context

WATCHED = 0.5
"""Seconds between two looks at the log files while a page is open."""
ALONE = 5.0
"""Seconds between two looks when nobody watches."""
STEPS_BETWEEN_CUTS = 400
"""Chunks after which the history is shortened: 100 MB."""


async def follow(context: Context, lock: IO[str]) -> None:
    """Reads what is new, again and again. Returns when `.local` was removed, as `down PURGE=1` does."""
    steps = 0
    while os.fstat(lock.fileno()).st_nlink:
        for _ in context.tail.read():
            steps += 1
            await asyncio.sleep(0)  # pages are answered between two chunks
            if steps % STEPS_BETWEEN_CUTS == 0:
                context.store.shorten()
        if context.reading:
            context.reading = False
            context.store.shorten()
        end = time.monotonic() + ALONE
        while time.monotonic() < end:
            await asyncio.sleep(WATCHED)
            if context.viewers:
                break
