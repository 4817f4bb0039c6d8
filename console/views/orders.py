"""Orders, and the way of one through both clouds."""

from __future__ import annotations

from console import hops, orders
from console.context import Context
from console.figures import window
from console.search import Filter
from console.views.view import Address, MissingError, View
from console.waterfall import waterfall, way


async def show(context: Context, address: Address) -> View:
    """Returns the list of orders."""
    filter_ = Filter.of(address.query)
    start, _ = window(context.store, filter_.period)
    found = orders.orders(context.store, since=start, text=filter_.text)
    return View(
        template="orders",
        title="Orders",
        area="orders",
        panels={"orders": {"rows": found, "filter": filter_}},
        fixed={"filter": filter_},
        command="./crosscloud logs --json | grep order_id",
    )


async def show_one(context: Context, address: Address) -> View:
    """Returns an order: its states, its events with their deliveries, and its way."""
    id_ = address.parameters["id"]
    known = orders.events(context.store, id_)
    entries = await context.order(id_)
    stored = orders.stored(entries or ())
    if not known and not stored:
        raise MissingError(f"Neither a log line nor the table of orders knows the order {id_!r}.")
    found = hops.of_order(context.store, id_)
    state = str(stored.get("status") or orders.state([event.type for event in known]))
    return View(
        template="order",
        title=f"Order {id_[:8]}",
        area="orders",
        panels={
            "order": {
                "events": known,
                "state": state,
                "steps": orders.steps(state),
                "stored": stored,
                "away": entries is None,
            },
            "way": {"way": way(found)},
            "waterfall": {"fall": waterfall(found), "chosen": ""},
        },
        fixed={"id": id_, "requests": list(dict.fromkeys(hop.request_id for hop in found if hop.request_id))},
        command=f"./crosscloud logs --json | grep {id_}",
    )
