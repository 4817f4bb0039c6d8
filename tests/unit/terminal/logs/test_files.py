from __future__ import annotations

import datetime as dt
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from local.machine import Machine
from terminal.logs.files import Files, lines, members, streamed

ID = "req-12345678"
TRACE = """Traceback (most recent call last):
  File "app/main.py", line 1, in <module>
    1 / 0
ZeroDivisionError: division by zero
"""


def write(file: Path, *lines: dict[str, Any] | str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as stream:
        stream.write("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def line(service: str, second: float, **members: Any) -> dict[str, Any]:
    stamp = f"2026-01-01T10:00:{second:06.3f}Z"
    return {"timestamp": stamp, "service": service, "request_id": ID, "message": "request", **members}


def test_hops_come_in_the_order_in_which_they_began(machine: Machine) -> None:
    """Envoy stamps the start, the others the end of a request; all begin in the same millisecond here."""
    write(machine.logs / "gateway.jsonl", line("gateway", 1.0, duration_ms=50))
    write(machine.logs / "ingress.jsonl", line("ingress", 1.0, duration_ms=30))
    write(machine.logs / "pods" / "users-1-x.log", line("users", 1.02, duration_ms=20))
    write(machine.logs / "functions.jsonl", line("orchestrator", 1.04, duration_ms=40))
    assert [found["service"] for found in members(machine)] == ["gateway", "orchestrator", "ingress", "users"]


def test_only_the_lines_of_the_request(machine: Machine) -> None:
    write(machine.logs / "gateway.jsonl", line("gateway", 1), {**line("gateway", 2), "request_id": "another-one"})
    write(machine.logs / "functions.jsonl", {**line("orchestrator", 1), "request_id": "another-one"})
    assert [found["service"] for found in members(machine, ID)] == ["gateway"]
    assert len(members(machine)) == 3


def test_a_stack_trace_stays_together_after_the_line_before_it_with_service_pod_and_file(machine: Machine) -> None:
    file = machine.logs / "pods" / "users-canary-1f-xyz.log"
    write(file, line("users", 3), TRACE, '{"half": ')
    write(machine.logs / "gateway.jsonl", line("gateway", 2), line("gateway", 4))
    found = lines(machine)
    assert [each.service for each in found] == ["gateway", "users", *["users-canary"] * 5, "gateway"]
    trace = [each.fields for each in found[2:7]]
    assert "\n".join(each["message"] for each in trace[:4]) + "\n" == TRACE
    assert {each["source"] for each in trace} == {"pods/users-canary-1f-xyz.log"}
    assert {each["pod"] for each in trace} == {"users-canary-1f-xyz"}
    assert [each["level"] for each in trace] == [*["ERROR"] * 4, "INFO"]


def test_lines_before_any_time_are_as_old_as_the_file(machine: Machine) -> None:
    file = machine.logs / "pods" / "users-1f-xyz.log"
    write(file, TRACE)
    os.utime(file, (1_767_261_600, 1_767_261_600))  # 2026-01-01T10:00:00Z
    (first, *_) = lines(machine)
    assert first.written == dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC)
    assert "timestamp" not in first.fields


@pytest.mark.parametrize(
    ("text", "service", "level", "utc"),
    [
        ("2026-01-01 10:00:01.250 UTC [12] FATAL:  no room", "postgres", "ERROR", True),
        ("[2026-01-01 10:00:01.250][7][warning][config] refused", "envoy", "WARNING", True),
        ("2026-01-01 10:00:01,250 INFO pod users is ended", "supervisor", "INFO", False),
    ],
)
def test_processes_that_write_no_json_have_their_time_and_level(
    machine: Machine, text: str, service: str, level: str, *, utc: bool
) -> None:
    write(machine.logs / f"{service}.log", text)
    (found,) = lines(machine)
    moment = dt.datetime(2026, 1, 1, 10, 0, 1, 250_000)  # noqa: DTZ001 - the machine's own time
    assert found.written == (moment.replace(tzinfo=dt.UTC) if utc else moment.astimezone())
    assert (found.service, found.fields["level"], found.fields["message"]) == (service, level, text)


def test_a_second_look_finds_what_is_new_also_in_a_new_file_and_in_one_that_began_anew(machine: Machine) -> None:
    gateway, pod = machine.logs / "gateway.jsonl", machine.logs / "pods" / "users-1-x.log"
    write(gateway, line("gateway", 1))
    files = Files(machine=machine)
    assert len(files.look()) == 1
    assert files.look() == []

    write(pod, line("users", 2))
    with gateway.open("a") as stream:
        stream.write('{"service": "gateway", "mess')
        stream.flush()
        assert [each.service for each in files.look()] == ["users"], "a half line waits for its end"
        stream.write('age": "whole"}\n')
    assert [each.fields["message"] for each in files.look()] == ["whole"]

    gateway.write_text("anew\n")
    assert [each.fields["message"] for each in files.look()] == ["anew"]
    gateway.unlink()
    assert files.look() == []


def test_what_is_not_finished_is_read_where_nothing_more_is_waited_for(machine: Machine) -> None:
    write(machine.logs / "emulator.log", "whole")
    with (machine.logs / "emulator.log").open("a") as stream:
        stream.write("half")
    assert [each.fields["message"] for each in lines(machine)] == ["whole", "half"]


def test_lines_that_are_written_at_their_end_come_by_their_begin_from_all_files(machine: Machine) -> None:
    moments = [(second, took) for second in range(200) for took in (0, 7, 29)]
    for number, name in enumerate(("gateway", "functions", "pods/users-1-2")):
        path = machine.logs / f"{name}.{'log' if '/' in name else 'jsonl'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        written = sorted((second + took + number / 10, took) for second, took in moments)
        path.write_text("".join(entry(at, took) for at, took in written))
    began = [line.began for line in streamed(machine)]
    assert len(began) == 3 * len(moments)
    assert began == sorted(began)


def entry(at: float, took: float) -> str:
    moment = dt.datetime(2026, 11, 30, tzinfo=dt.UTC) + dt.timedelta(seconds=at)
    line = {"timestamp": moment.isoformat(), "service": "users", "message": "request", "duration_ms": took * 1000}
    return f"{json.dumps(line)}\n"


def test_a_choice_of_many_lines_takes_little_memory(machine: Machine) -> None:
    """Peaks are compared in one process: of one line out of 2,000, and of one out of 40,000."""

    def peak(count: int) -> int:
        machine.logs.mkdir(parents=True, exist_ok=True)
        text = "".join(entry(number / 10, 0.001) for number in range(count))
        (machine.logs / "gateway.jsonl").write_text(text.replace('"users"', '"gateway"', 1))
        tracemalloc.start()
        assert sum(1 for line in streamed(machine) if line.service == "gateway") == 1
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(40_000) < 3 * peak(2_000)
