"""A debugger is attached to a service and to a function, as an editor does it, while requests come."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.contract import all_scopes
from tests.support.dap import Debugger
from tests.support.stack import Stack

PLACES = {
    "users": ("app/services/users/api.py", "stored = await store.read(database, user_id)", "/users/123", "user_id"),
    "catalog": ("app/functions/catalog/routes.py", "cursor = context.parameter(", "/products", "limit"),
}
"""A source, a piece of one of its lines, a request that gets there, and a variable there, by service or function."""
VALUES = {"users": "'123'", "catalog": "20"}
LONGER = {"users": 4.0, "catalog": 29.0}
"""Seconds that are longer than the time that the orchestrator gives the service, or the function's timeout."""


@contextmanager
def debugged(stack: Stack, name: str) -> Iterator[int]:
    """Yields the port at which a debugger can be attached, until the end of the block."""
    done = stack.run("debug", name)
    assert done.code == 0, done.err
    first, _, snippet = done.out.partition("\n")
    entry: dict[str, Any] = json.loads(snippet)
    assert entry["connect"]["host"] == "127.0.0.1"
    assert f"127.0.0.1:{entry['connect']['port']}" in first
    try:
        yield entry["connect"]["port"]
    finally:
        assert stack.run("debug", name, "--off").code == 0


@pytest.mark.parametrize("name", PLACES)
def test_a_breakpoint_is_hit_by_a_request_which_is_answered_when_it_goes_on(stack: Stack, name: str) -> None:
    file, piece, path, variable = PLACES[name]
    source = stack.root / file
    line = next(number for number, text in enumerate(source.read_text().splitlines(), 1) if piece in text)
    token = stack.token(scope=all_scopes())
    pods = {pod["name"] for pod in stack.pods("users")}
    with debugged(stack, name) as port:
        note = f"{name} waits for a debugger at 127.0.0.1:{port}. Put it back: `./crosscloud debug {name} --off`"
        assert note in stack.status()["notes"]
        again = stack.run("debug", name)
        assert f"127.0.0.1:{port}" in again.out
        with Debugger(port) as debugger, ThreadPoolExecutor(1) as client:
            debugger.break_at(source, line)
            asked = client.submit(stack.request, "GET", path, token=token)
            where, at, variables = debugger.stopped()
            assert (where, at, variables[variable]) == (str(source), line, VALUES[name])
            debugger.go_on()
            assert asked.result().status == 200

            late = client.submit(stack.request, "GET", path, token=token)
            debugger.stopped()
            time.sleep(LONGER[name])
            debugger.go_on()
            while not late.done():  # a call that is safe to repeat comes again
                debugger.go_on_if_stopped()
            assert late.result().status in (200, 503, 504)

            asked = client.submit(stack.request, "GET", path, token=token)
            debugger.stopped()
            debugger.go_on()
            assert asked.result().status == 200
    assert stack.status()["notes"] == []
    assert stack.status()["state"] == "well"
    assert stack.request("GET", path, token=token).status == 200
    assert len(stack.pods("users")) == len(pods)
    assert stack.run("up").changes == []


def test_what_is_no_service_or_function_is_refused(stack: Stack) -> None:
    done = stack.run("debug", "nobody")
    assert (done.code, done.out) == (1, "")
    assert "No service or function here is called 'nobody'. There are analytics, billing, catalog, " in done.err
