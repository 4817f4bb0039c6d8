"""Log lines of all parts in one list."""

from __future__ import annotations

from app.contract.logs import LEVELS
from console import search
from console.context import Context
from console.search import Filter
from console.views.view import Address, View


async def show(context: Context, address: Address) -> View:
    """Returns the list of log lines."""
    filter_ = Filter.of({"since": "1h", **address.query})
    return View(
        template="logs",
        title="Logs",
        area="logs",
        panels={"loglines": {"found": search.lines(context.store, filter_), "filter": filter_}},
        fixed={"filter": filter_, "parts": search.values(context.store, "service"), "levels": list(LEVELS)},
        command="./crosscloud logs",
    )
