from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.machine import Machine
from terminal import logs

ID = "req-12345678"


def write(file: Path, *lines: dict[str, Any] | str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def line(service: str, second: float, **members: Any) -> dict[str, Any]:
    stamp = f"2026-01-01T10:00:{second:06.3f}Z"
    return {"timestamp": stamp, "service": service, "request_id": ID, "message": "request", **members}


def test_hops_come_in_the_order_in_which_they_began(machine: Machine) -> None:
    """Envoy stamps the start, the others the end of a request; all begin in the same millisecond here."""
    write(machine.logs / "gateway.jsonl", line("gateway", 1.0, duration_ms=50))
    write(machine.logs / "ingress.jsonl", line("ingress", 1.0, duration_ms=30))
    write(machine.logs / "pods" / "users-1.log", line("users", 1.02, duration_ms=20))
    write(machine.logs / "functions.jsonl", line("orchestrator", 1.04, duration_ms=40))
    assert [found["service"] for found in logs.lines(machine)] == ["gateway", "orchestrator", "ingress", "users"]


def test_only_the_lines_of_the_request(machine: Machine) -> None:
    write(machine.logs / "gateway.jsonl", line("gateway", 1), {**line("gateway", 2), "request_id": "another-one"})
    write(machine.logs / "functions.jsonl", {**line("orchestrator", 1), "request_id": "another-one"})
    assert [found["service"] for found in logs.lines(machine, request_id=ID)] == ["gateway"]
    assert len(logs.lines(machine)) == 3


def test_lines_that_are_no_json_or_have_no_time_do_not_hide_the_others(machine: Machine) -> None:
    stack = "Traceback (most recent call last):"
    write(machine.logs / "pods" / "users-1.log", stack, '{"half": ', {"service": "users"}, line("users", 3))
    assert [found.get("timestamp") for found in logs.lines(machine)] == [None, "2026-01-01T10:00:03.000Z"]


def test_text_has_the_parts_that_people_look_for_once() -> None:
    text = logs.as_text(
        line(
            "orchestrator", 1, level="INFO", route="GET /users/{userId}", method="GET", status=200, duration_ms=3.14159
        )
    )
    assert (
        text == "10:00:01.000 orchestrator       INFO    request GET /users/{userId} 200 3.1 ms request_id=req-12345678"
    )
