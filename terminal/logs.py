"""The log lines of every hop, in the order in which the hops began."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.machine import Machine

Line = dict[str, Any]

HOPS = ("gateway", "orchestrator", "ingress")
"""Services in the order of their lines that began in the same instant; others come last."""


def lines(machine: Machine, *, request_id: str | None = None) -> list[Line]:
    """Returns lines of gateway, functions, ingress and pods by the time they began, of all requests or of one."""
    names = ("gateway.jsonl", "functions.jsonl", "ingress.jsonl")
    files = [*(machine.logs / name for name in names), *sorted((machine.logs / "pods").glob("*.log"))]
    all_lines = (line for file in files for line in _read(file))
    return sorted((each for each in all_lines if request_id in (None, each.get("request_id"))), key=_order)


def _read(file: Path) -> Iterator[Line]:
    """Yields the JSON lines of a file. Others (a stack trace of a process at its start) belong to no request."""
    if not file.exists():
        return
    with file.open(errors="replace") as stream:
        for text in stream:
            if text.startswith("{"):
                try:
                    yield json.loads(text)
                except ValueError:
                    continue


def _order(line: Line) -> tuple[dt.datetime, int]:
    service = line.get("service")
    return _began(line), HOPS.index(service) if service in HOPS else len(HOPS)


def _began(line: Line) -> dt.datetime:
    """Returns when a line's request began: applications log a request at its end, Envoy gives its start."""
    try:
        written = dt.datetime.fromisoformat(line["timestamp"])
    except (KeyError, TypeError, ValueError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)
    if line.get("service") in ("gateway", "ingress"):
        return written
    return written - dt.timedelta(milliseconds=float(line.get("duration_ms") or 0))


def as_text(line: Line) -> str:
    """Returns `10:04:31.123 orchestrator       INFO    request GET /users/{userId} 200 3.1 ms request_id=...`."""
    time = str(line.get("timestamp", ""))[11:23]
    route = str(line.get("route") or "")
    method = [] if " " in route else [line.get("method")]
    request = [str(value) for value in (*method, route, line.get("status")) if value]
    duration = [f"{float(line['duration_ms']):.1f} ms"] if line.get("duration_ms") is not None else []
    known = {"timestamp", "service", "level", "message", "method", "route", "status", "duration_ms", "_aws"}
    rest = [f"{key}={value}" for key, value in line.items() if key not in known and value not in (None, "")]
    head = f"{time:<12} {line.get('service', '?'):<18} {line.get('level', ''):<7} {line.get('message', '')}"
    return " ".join([head, *request, *duration, *rest])
