"""Sends the panels of an open page again when they have changed, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from console.context import Context
from console.rendering import Renderer, digest
from console.views.view import MissingError, View

PAUSE = 0.5
"""Seconds between two looks at whether something has changed."""
BEAT = 15.0
"""Seconds after which an empty line tells the browser that the connection lives."""


async def events(
    context: Context, renderer: Renderer, show: Callable[[], Awaitable[View]], stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    """Yields each panel whose HTML is another one than before. The page ignores one that it shows already."""
    context.viewers += 1
    seen: dict[str, str] = {}
    version: object = None
    silent = 0.0
    try:
        yield "retry: 2000\n\n"
        while not stopping():
            if context.version != version:
                version = context.version
                try:
                    panels = renderer.panels(await show())
                except MissingError:
                    panels = {}
                for name, html in panels.items():
                    if seen.get(name) != (value := digest(html)):
                        seen[name] = value
                        silent = 0.0
                        message = {"name": name, "digest": value, "html": html}
                        yield f"event: panel\ndata: {json.dumps(message)}\n\n"
            await asyncio.sleep(PAUSE)
            silent += PAUSE
            if silent >= BEAT:
                silent = 0.0
                yield ": still here\n\n"
    finally:
        context.viewers -= 1
