"""The page of what runs, and how it is: processes, pods, roll-outs, functions with their versions and consumers."""

from __future__ import annotations

from typing import Any

from console.context import Context
from console.store import Store
from console.views.view import Address, View

PERIOD = "1h"


async def show(context: Context, _: Address) -> View:
    """Returns the page of the parts."""
    runtime = context.runtime()
    functions = await context.functions()
    consumers = await context.consumers()
    by_function: dict[str, list[dict[str, Any]]] = {}
    for consumer in consumers:
        name = consumer["FunctionArn"].partition(":function:")[2].partition(":")[0]
        by_function.setdefault(name, []).append(consumer)
    return View(
        template="parts",
        title="Parts",
        area="parts",
        panels={
            "running": {"runtime": runtime, "short": False},
            "deployments": {"runtime": runtime},
            "functions": {"functions": functions, "consumers": by_function, "days": _days(context.store)},
            "partfigures": {"rows": context.figures(PERIOD, by="part"), "period": PERIOD},
        },
        command="./crosscloud status",
    )


def _days(store: Store) -> dict[str, float]:
    """Returns the days until each function's certificate ends, by the last line that it wrote about it."""
    query = """select service, json_extract(text, '$.CertificateDaysLeft') days, max(began) from lines
        where message = 'certificates' and file = 'functions.jsonl' group by service"""
    return {row["service"]: row["days"] for row in store.rows(query) if row["days"] is not None}
