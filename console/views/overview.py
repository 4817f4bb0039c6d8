"""The first page: is it well, what flows, what went wrong last."""

from __future__ import annotations

from console import search
from console.changes import runs
from console.context import Context
from console.search import Filter
from console.system import system
from console.views.view import Address, View

PERIOD = "15m"
MINUTES = search.PERIODS[PERIOD] / 60
"""The time that the figures of the page are of."""


async def show(context: Context, _: Address) -> View:
    """Returns the overview."""
    runtime = context.runtime()
    queues = await context.messages()
    parts = {figures.name: figures for figures in context.figures(PERIOD, by="part")}
    gateway = parts.get("gateway")
    dead = sum(queue.total for queue in queues or () if queue.is_dead)
    last = runs(context.place.machine.logs)[:1]
    failures = search.lines(context.store, Filter(period="24h", level="ERROR"))
    latest = search.requests(context.store, Filter(period="24h"))
    rows = latest.rows[:8]
    ids = [row["request_id"] for row in rows]
    return View(
        template="overview",
        title="Overview",
        area="overview",
        panels={
            "health": {
                "runtime": runtime,
                "gateway": gateway,
                "minutes": MINUTES,
                "dead": dead,
                "queues": queues,
                "last": last[0] if last else None,
                "endpoint": context.place.machine.endpoint_url,
                "reading": context.reading,
            },
            "map": {"map": system(parts, runtime, queues or (), MINUTES), "minutes": MINUTES},
            "latest": {
                "rows": rows,
                "ways": search.ways(context.store, ids),
                "degraded": search.degraded(context.store, ids),
            },
            "failures": {"rows": failures.rows[:6], "total": failures.total},
            "running": {"runtime": runtime, "short": True},
        },
        command="./crosscloud status",
    )
