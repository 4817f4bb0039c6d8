"""Requests at the gateway, and one of them with every hop."""

from __future__ import annotations

import json
from typing import Any

from console import hops, search
from console.context import Context
from console.hops import Hop
from console.search import Filter
from console.store import Row, Store
from console.views.view import Address, MissingError, View
from console.waterfall import waterfall

AROUND = 0.5
"""Seconds before and after a request in which lines without a request id may have to do with it."""


async def show(context: Context, address: Address) -> View:
    """Returns the list of requests."""
    filter_ = Filter.of(address.query)
    found = search.requests(context.store, filter_)
    ids = [row["request_id"] for row in found.rows]
    return View(
        template="requests",
        title="Requests",
        area="requests",
        panels={
            "requests": {
                "found": found,
                "ways": search.ways(context.store, ids),
                "degraded": search.degraded(context.store, ids),
                "filter": filter_,
            }
        },
        fixed={
            "filter": filter_,
            "routes": search.values(context.store, "route", where="service = 'gateway' and kind = 'request'"),
        },
        command="./crosscloud logs",
    )


async def show_one(context: Context, address: Address) -> View:
    """Returns a request with the waterfall of its hops and its log lines."""
    id_ = address.parameters["id"]
    found = hops.of_request(context.store, id_)
    lines = context.store.rows("select * from lines where request_id = ? order by began, id limit 500", [id_])
    if not lines:
        raise MissingError(
            f"No log line has the request id {id_!r}. It is another clone's, its lines are not written yet, or its "
            "logs were removed by `make down PURGE=1`."
        )
    first = next((hop for hop in found if hop.service == "gateway"), found[0] if found else None)
    traces = list(dict.fromkeys(row["trace_id"] for row in lines if row["trace_id"]))
    return View(
        template="request",
        title=first.name if first else id_,
        area="requests",
        panels={
            "waterfall": {"fall": waterfall(found), "chosen": address.query.get("hop", "")},
            "lines": {"rows": lines, "around": _around(context.store, found), "chosen": address.query.get("hop", "")},
        },
        fixed={
            "id": id_,
            "first": first,
            "without": search.degraded(context.store, [id_]).get(id_, ""),
            "began": lines[0]["began"],
            "traces": traces,
            "requests": [],
            "orders": list(dict.fromkeys(row["order_id"] for row in lines if row["order_id"])),
            "curl": _curl(context, first),
        },
        command=f"./crosscloud logs --request-id {id_}",
    )


async def show_trace(context: Context, address: Address) -> View:
    """Returns a trace, which may hold several requests, with the waterfall of its hops and its log lines."""
    id_ = address.parameters["id"]
    found = hops.of_trace(context.store, id_)
    lines = context.store.rows("select * from lines where trace_id = ? order by began, id limit 500", [id_])
    if not lines:
        raise MissingError(f"No log line has the trace id {id_!r}.")
    return View(
        template="request",
        title=f"Trace {id_[:8]}",
        area="requests",
        panels={
            "waterfall": {"fall": waterfall(found), "chosen": ""},
            "lines": {"rows": lines, "around": [], "chosen": ""},
        },
        fixed={
            "id": id_,
            "first": None,
            "began": lines[0]["began"],
            "traces": [],
            "orders": [],
            "curl": "",
            "requests": list(dict.fromkeys(row["request_id"] for row in lines if row["request_id"])),
        },
        command="./crosscloud logs --json | grep " + id_,
    )


def _around(store: Store, found: list[Hop]) -> list[Row]:
    """Returns lines of the parts, while they worked on it, that name no request: those of a killed invocation."""
    if not found:
        return []
    parts = sorted({hop.service for hop in found})
    start, end = min(hop.began for hop in found) - AROUND, max(hop.ended for hop in found) + AROUND
    marks = ", ".join("?" * len(parts))
    query = f"""select * from lines where service in ({marks}) and kind = '' and request_id = ''
        and message <> 'certificates' and message <> 'connection' and began between ? and ?
        order by began limit 20"""  # noqa: S608 - marks alone
    return store.rows(query, [*parts, start, end])


def _curl(context: Context, first: Hop | None) -> str:
    """Returns a command that sends the request again; what its body was is in no log."""
    line: dict[str, Any] = json.loads(first.text) if first is not None and first.service == "gateway" else {}
    path, method = str(line.get("path") or ""), str(line.get("method") or "GET")
    if not path.startswith("/") or not path.isascii() or any(sign in path for sign in "'\\"):
        return ""
    machine = context.place.machine
    verb = "" if method == "GET" else f"-X {method} "
    header = '"Authorization: Bearer $(./crosscloud token --staff bob)"'
    return f"curl --cacert {machine.home / 'ca.crt'} {verb}-H {header} '{machine.endpoint_url}{path}'"
