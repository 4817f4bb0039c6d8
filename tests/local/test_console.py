"""The console of a running stack: what it shows, what it takes, and what it keeps."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import psutil
import pytest

from local.state import State
from planning.wire import is_secret, plain
from tests.support.console import RunningConsole, console
from tests.support.contract import document, operations
from tests.support.customer import Customer
from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.unit.console.client import words

MOST_MEMORY = 80_000_000
"""Bytes of memory of its own and its share of what it shares."""
MOST_CPU = 3.0
"""Per cent of a core while nobody watches."""
OVERVIEW = operations(document())["getOverview"]
PARTS = OVERVIEW["x-orchestration"]["parts"]
STAFF = OVERVIEW["security"][1]["jwt"]
"""The scopes with which staff may read the overview of anybody."""


@pytest.fixture
def page(stack: Stack) -> Iterator[RunningConsole]:
    with console(stack) as running:
        yield running


def memory(process: psutil.Process) -> int:
    """Returns the memory of a process; where shared memory can't be shared out, all that it has."""
    used = process.memory_full_info()
    return int(getattr(used, "pss", used.uss))


def idles(*processes: psutil.Process) -> bool:
    """Returns whether the processes come to rest: ten seconds with little CPU, among the first sixty.

    What the tests before have logged is read first.
    """
    for _ in range(6):
        before, began = sum(map(spent, processes)), time.monotonic()
        time.sleep(10)
        if (sum(map(spent, processes)) - before) / (time.monotonic() - began) * 100 < MOST_CPU:
            return True
    return False


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def test_an_order_is_shown_on_its_way_through_both_clouds(page: RunningConsole, anna: Customer) -> None:
    request = f"console-{uuid.uuid4().hex[:8]}"
    order = anna.placed(anna.product(), X_Request_Id=request)
    anna.settled(order)
    text = eventually(
        lambda: text if "INVOICED" in (text := page.get(f"/orders/{order}")) else None, what="the invoice on the page"
    )
    assert re.findall(r'<li class="done">(\w+)</li>', text) == ["PENDING", "CONFIRMED", "INVOICED"]
    assert f"customer {anna.name}" in words(text)
    assert {"AWS", "Azure"} <= set(re.findall(r'<text class="cloudname"[^>]*>(\w+)</text>', text))

    trace = page.get(f"/requests/{request}")
    hops = re.findall(r'<span class="tree d(\d)"></span><span class="part h\d+">(\w+)</span>', trace)
    assert hops[:2] == [("0", "gateway"), ("1", "orders")]
    assert [name for depth, name in hops if depth == "0"] == ["gateway"], "everything hangs on the request"
    assert f"/orders/{order}" in trace
    assert request in page.get(f"/requests?since=all&q={order}")


def test_the_calls_of_an_overview_stand_under_its_parts(page: RunningConsole, stack: Stack) -> None:
    request = f"console-{uuid.uuid4().hex[:8]}"
    token = stack.token(scope=" ".join(STAFF))
    answer = stack.request("GET", "/users/123/overview", token=token, headers={"X-Request-Id": request})
    assert answer.status == 200
    row = r'<span class="tree d(\d)"></span><span class="part h\d+">(\w+)</span>.*?<a class="go"[^>]*>([^<]*)</a>'

    def hops() -> list[tuple[str, str, str]]:
        return re.findall(row, page.get(f"/requests/{request}"), re.DOTALL)

    count = 2 + 3 * len(PARTS)
    found = eventually(lambda: rows if len(rows := hops()) == count else None, what="every hop")
    assert [each for each in found if each[0] < "2"] == [
        ("0", "gateway", "GET /users/{userId}/overview"),
        ("1", "orchestrator", "GET /users/{userId}/overview"),
    ]
    below = {found[at][2]: [(depth, name) for depth, name, _ in found[at : at + 3]] for at in range(2, count, 3)}
    assert below == {
        f"{part['upstream']}: {name}": [("2", "orchestrator"), ("3", "ingress"), ("4", part["upstream"])]
        for name, part in PARTS.items()
    }


def test_parts_and_functions_are_shown_as_they_run(page: RunningConsole, stack: Stack) -> None:
    text = words(page.get("/parts"))
    for pod in stack.pods():
        assert f"{pod['name']} ready {pod['pid']}" in text
    for function in ("orchestrator", "relay"):
        assert re.search(rf"{function} Active version \d", text)
    assert "Stack well" in words(page.get("/"))


def texts(value: Any, *, marked: bool, within: bool = False) -> Iterator[str]:
    """Yields the texts of a value that are marked as secrets, or those that are not."""
    within = within or is_secret(value)
    value = plain(value) if within else value
    if isinstance(value, str) and within == marked:
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in members:
        yield from texts(each, marked=marked, within=within)


def test_no_page_and_no_file_of_it_has_a_secret_of_the_program(page: RunningConsole, stack: Stack) -> None:
    values = [[entry.inputs, entry.outputs] for entry in State(stack.machine.state_file)]
    known = "\n".join(texts(values, marked=False))  # a certificate is no secret, also where it lies beside its key
    hidden = {text for text in texts(values, marked=True) if len(text) >= 12 and text not in known}
    assert len(hidden) > 10
    listed = page.get("/resources")
    numbers = set(re.findall(r'href="/resources/(\d+)"', listed))
    assert len(numbers) > 100
    shown = [unescape(text) for text in (listed, *(page.get(f"/resources/{number}") for number in numbers))]
    assert any("•••••• (secret)" in text for text in shown)
    kept = b"".join(path.read_bytes() for path in (stack.machine.home / "console").iterdir())
    for text in hidden:
        for form in (text, json.dumps(text)[1:-1]):
            assert not any(form in one for one in shown)
            assert form.encode() not in kept


def test_it_takes_little_and_its_history_survives_down(stack: Stack, anna: Customer) -> None:
    request = f"console-{uuid.uuid4().hex[:8]}"
    anna.order(anna.product(), X_Request_Id=request)
    with console(stack) as page:
        eventually(lambda: request in page.get("/requests"), what="the request on the page")
        for path in ("/", "/parts", "/orders", "/queues", "/metrics", "/logs", "/resources", "/changes"):
            page.get(path)
        assert memory(page.process) < MOST_MEMORY
        assert idles(page.process)
    assert not [process for process in stack.processes() if "console" in process.cmdline()]
    try:
        down = stack.run("down")
        assert down.code == 0, down.err
        with console(stack) as page:
            assert "POST /orders" in page.get(f"/requests?q={request}")
            assert "waterfall" in page.get(f"/requests/{request}")
            assert "Stack down" in words(page.get("/"))
    finally:
        printed = stack.up().out
    assert re.search(
        r"^Console: http://127\.0\.0\.1:\d+/sign-in\?token=\S+  once `make console` runs$", printed, re.MULTILINE
    )


def test_up_prints_the_link_of_a_console_that_runs_and_another_one_does_not_start(
    page: RunningConsole, stack: Stack
) -> None:
    assert f"\nConsole: {page.link}\n" in stack.up().out
    second = stack.run("console")
    assert second.code == 1
    assert f"runs already: {page.link}" in second.err


def test_it_ends_when_the_data_are_removed(clone: Stack) -> None:
    assert clone.up().code == 0
    with clone.start("console") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Console: ")
        assert clone.run("down", "--purge").code == 0
        assert process.wait(timeout=60) == 0
    assert not (clone.root / ".local").exists()
