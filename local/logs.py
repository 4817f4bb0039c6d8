"""The log lines of every hop, in the order in which the hops began."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.machine import Machine
from local.providers.aws import logs as functions
from local.state import State
from planning.wire import plain

Line = dict[str, Any]

HOPS = ("gateway", "orchestrator", "ingress")
"""Order of lines that began in the same instant; services come last."""


def lines(machine: Machine, *, request_id: str | None = None) -> list[Line]:
    """Lines of gateway, functions, ingress and pods by the time they began, of all requests or of one."""
    found = [line for source in _sources(machine) for line in source]
    if request_id is not None:
        found = [line for line in found if line.get("request_id") == request_id]
    return sorted(found, key=_order)


def _sources(machine: Machine) -> Iterator[Iterator[Line]]:
    yield _read(machine.logs / "gateway.jsonl")
    yield _read(machine.logs / "ingress.jsonl")
    for file in sorted((machine.logs / "pods").glob("*.log")):
        yield _read(file)
    for group in _function_groups(machine):
        yield functions.events(machine, group)


def _read(file: Path) -> Iterator[Line]:
    """The JSON lines of a file. Others (a stack trace of a process that could not start) have no request to show."""
    if not file.exists():
        return
    with file.open(errors="replace") as stream:
        for text in stream:
            if text.startswith("{"):
                try:
                    yield json.loads(text)
                except ValueError:
                    continue


def _function_groups(machine: Machine) -> list[str]:
    state = State(machine.state_file)
    names = [plain(e.outputs).get("loggingConfig", {}).get("logGroup") for e in state if e.type.endswith(":Function")]
    return [name for name in names if name]


def _order(line: Line) -> tuple[dt.datetime, int]:
    service = line.get("service")
    return _began(line), HOPS.index(service) if service in HOPS else len(HOPS)


def _began(line: Line) -> dt.datetime:
    """Applications log a request at its end, Envoy gives its start."""
    try:
        written = dt.datetime.fromisoformat(line["timestamp"])
    except (KeyError, TypeError, ValueError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)
    if line.get("service") in ("gateway", "ingress"):
        return written
    return written - dt.timedelta(milliseconds=float(line.get("duration_ms") or 0))


def as_text(line: Line) -> str:
    """`10:04:31.123 orchestrator       INFO    request GET /users/{userId} 200 3.1 ms request_id=...`"""
    time = str(line.get("timestamp", ""))[11:23]
    route = str(line.get("route") or "")
    method = [] if " " in route else [line.get("method")]
    request = [str(value) for value in (*method, route, line.get("status")) if value]
    duration = [f"{float(line['duration_ms']):.1f} ms"] if line.get("duration_ms") is not None else []
    known = {"timestamp", "service", "level", "message", "method", "route", "status", "duration_ms", "_aws"}
    rest = [f"{key}={value}" for key, value in line.items() if key not in known and value not in (None, "")]
    head = f"{time:<12} {line.get('service', '?'):<18} {line.get('level', ''):<7} {line.get('message', '')}"
    return " ".join([head, *request, *duration, *rest])
