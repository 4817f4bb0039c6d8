"""Rates, errors and durations as plots, by route and by part."""

from __future__ import annotations

from console import figures, plots, search
from console.context import Context
from console.search import PERIODS
from console.views.view import Address, View

USUAL = "1h"


async def show(context: Context, address: Address) -> View:
    """Returns the plots of all requests, of one route, or of one part."""
    period = since if (since := address.query.get("since", "")) in PERIODS else USUAL
    route, part = address.query.get("route", ""), address.query.get("part", "") or "gateway"
    series = figures.series(context.store, period, route=route, part=part)
    return View(
        template="metrics",
        title="Metrics",
        area="metrics",
        panels={
            "plots": {
                "plots": [plots.rate(series), plots.failures(series), plots.latency(series)],
                "empty": not any(bucket.count for bucket in series.buckets),
            },
            "routes": {"rows": context.figures(period, by="route"), "period": period, "route": route},
            "partfigures": {"rows": context.figures(period, by="part"), "period": period},
        },
        fixed={
            "period": period,
            "route": route,
            "part": part,
            "routes": search.values(context.store, "route", where="service = 'gateway' and kind = 'request'"),
        },
    )
