"""Queues and dead letters, and giving these back."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time

from console.context import Context, Outcome
from console.views.view import Address, View

EVENTS = ("-m", "delivery.events")
"""The command of the launcher's word `events`."""
REDRIVE = ("redrive", "--stack", "local")
"""The runbook's redrive, by which a test gives back the dead letters of every source."""
PATIENCE = 60.0
"""Seconds that a redrive may take."""
KEPT = 10
"""Outcomes that are shown."""


async def show(context: Context, _: Address) -> View:
    """Returns the page of the queues."""
    queues = await context.messages()
    return View(
        template="queues",
        title="Queues",
        area="queues",
        panels={
            "outcomes": {"outcomes": context.outcomes[:3]},
            "letters": {"queues": None if queues is None else [queue for queue in queues if queue.is_dead]},
            "queues": {"queues": queues},
        },
        command="./crosscloud events dlq --stack local",
    )


async def redrive(context: Context, *, queue: str, message: str) -> None:
    """Gives dead letters of a queue back by the runbook's command, one or all, and keeps its output."""
    arguments = [*REDRIVE, "--queue", queue, *(["--message", message] if message else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *EVENTS,
        *arguments,
        cwd=context.place.machine.root,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        out = b"It has not ended within a minute, and was stopped. Run the command in a terminal to see why."
        await process.wait()
    command = shlex.join(["./crosscloud", "events", *arguments])
    text = out.decode(errors="replace").strip()
    outcome = Outcome(at=time.time(), command=command, code=process.returncode or 0, output=text)
    context.outcomes = [outcome, *context.outcomes][:KEPT]
    context.forget()
