"""The commands tell the truth of a running stack: what is broken is named with its place, and ends with a failure."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.contract.reading import Contract
from app.functions.fulfilment import services
from local.errors import LocalError
from local.setup import choose_ports
from terminal import clone, demo
from terminal.emulated import Emulated
from terminal.logs.line import ENVOYS
from tests.support.contract import CONTRACT, all_scopes
from tests.support.stack import Stack
from tests.support.waiting import eventually

FUNCTION, SERVICE = "app/functions/catalog/handler.py", "app/services/analytics/api.py"


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    return stack.token(scope=all_scopes())


def status(stack: Stack) -> dict[str, Any]:
    """Returns what `status` says, and asserts that its exit status says the same."""
    done = stack.run("status", "--json")
    report: dict[str, Any] = json.loads(done.out)
    assert {"well": 0, "down": 3, "not well": 4}[report["state"]] == done.code, done.err
    return report


def version(stack: Stack, function: str) -> tuple[str, str]:
    """Returns the version of a function that has the calls, and the newest one."""
    (row,) = [each for each in status(stack)["functions"] if each["name"] == function]
    return row["version"], row["newest"]


def test_status_knows_every_part_and_all_is_well(stack: Stack) -> None:
    report = status(stack)
    assert (report["state"], report["reasons"]) == ("well", [])
    names = {kind: {row["name"] for row in report[kind]} for kind in ("functions", "queues", "tables", "databases")}
    assert names["functions"] == {"catalog", "fulfilment", "orchestrator", "orders", "relay"}
    assert names["queues"] >= {"fulfilment", "fulfilment-dead-letters"}
    assert names["tables"] == {"idempotency", "orders", "products"}
    assert names["databases"] == {pod["deployment"] for pod in stack.pods()}
    done = stack.run("status")
    assert done.code == 0
    for word in (f"{stack.machine.endpoint_url} is well", "fulfilment-dead-letters", "catalog", "postgres"):
        assert word in done.out


@contextmanager
def broken(stack: Stack, file: str, code: str) -> Iterator[int]:
    """Adds a line to a source until the end of the block, and yields its number."""
    path = stack.root / file
    source = path.read_text()
    path.write_text(f"{source}{code}\n")
    try:
        yield len(source.splitlines()) + 1
    finally:
        path.write_text(source)


def errors(stack: Stack, service: str) -> list[str]:
    """Returns the messages of a service's lines of the level ERROR."""
    out = stack.run("logs", "--level", "ERROR", "--service", service, "--json").out
    return [json.loads(line)["message"] for line in out.splitlines()]


def test_what_can_not_be_imported_fails_with_its_place_and_what_served_before_goes_on(stack: Stack, token: str) -> None:
    code, error = "BROKEN = NO_SUCH_NAME", "NameError: name 'NO_SUCH_NAME' is not defined"
    before, _ = version(stack, "catalog")
    try:
        with broken(stack, FUNCTION, code) as number:
            done = stack.run("up")
            assert (done.code, f"{FUNCTION}:{number}: {error}" in done.err) == (1, True), done.err
            assert stack.request("GET", "/products", token=token).status == 200
            assert status(stack)["reasons"] == [
                f"catalog: version {before} has the calls, and the newer {int(before) + 1} has none.",
                "The last `up` has not finished catalog-live. `make up` goes on, or says why it can't.",
            ]
            assert errors(stack, "catalog")[-1] == error
        with broken(stack, SERVICE, code) as number:
            done = stack.run("up")
            assert (done.code, f"{SERVICE}:{number}: {error}" in done.err) == (1, True), done.err
            assert stack.request("GET", "/analytics/summary", token=token).status == 200
            assert f"{SERVICE}:{number}: {error}" in status(stack)["reasons"][0]
            assert error in errors(stack, "analytics")
    finally:
        stack.up()
    live, newest = version(stack, "catalog")
    assert live == newest != before
    assert status(stack)["state"] == "well"


def test_a_source_that_does_not_compile_is_named_before_anything_is_changed(stack: Stack) -> None:
    state = stack.machine.state_file.read_bytes()
    with broken(stack, SERVICE, "def broken(:") as number:
        done = stack.run("up")
    assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
    assert f"{SERVICE}:{number}: SyntaxError: invalid syntax" in done.err
    assert stack.machine.state_file.read_bytes() == state


def test_a_dry_run_says_what_up_would_do_and_does_nothing(stack: Stack) -> None:
    state = stack.machine.state_file.read_bytes()
    with broken(stack, FUNCTION, "# edited"):
        done = stack.run("up", "--dry-run", "--json")
    assert done.code == 0, done.err
    changes = {(each["operation"], each["name"]) for each in json.loads(done.out)["changes"]}
    assert changes == {("update", "catalog"), ("update", "catalog-live")}
    assert stack.machine.state_file.read_bytes() == state


@contextmanager
def taken() -> Iterator[int]:
    """Yields a port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_can_not_be_had_is_refused_and_the_stack_stays_where_it_is(stack: Stack) -> None:
    before = (stack.machine.home / "ports.json").read_text()
    with taken() as port:
        for refused in (port, 0, 99999, stack.machine.ports.postgres):
            done = stack.run("up", "--port", str(refused))
            assert (done.code, "PORT must be a free TCP port" in done.err) == (1, True), done
    assert (stack.machine.home / "ports.json").read_text() == before
    assert status(stack)["state"] == "well"


def test_the_endpoint_moves_to_another_port_and_back(stack: Stack, token: str) -> None:
    before, other = stack.machine.ports.endpoint, choose_ports(None).ingress
    for port in (other, before):
        done = stack.run("up", "--port", str(port), "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["endpoint"] == f"https://localhost:{port}"
        assert stack.request("GET", "/users/123", token=token).status == 200
    assert status(stack)["state"] == "well"


def test_logs_are_followed_as_they_are_written(stack: Stack, token: str) -> None:
    with stack.start("logs", "--follow", "--service", "users", "--json") as following:
        assert following.stdout is not None
        name = "followed-0123456789"

        def written() -> bool:
            stack.request("GET", "/users/123", token=token, headers={"X-Request-Id": name})
            return True

        eventually(written)
        for text in following.stdout:
            if (line := json.loads(text)).get("request_id") == name:
                break
        assert (line["service"], line["source"].startswith("pods/users-")) == ("users", True)
        following.send_signal(signal.SIGINT)
        assert following.wait() == 130
        assert following.stderr is not None
        assert following.stderr.read() == ""


def test_lines_of_nobody_are_a_failure_and_lines_of_a_time_are_found(stack: Stack, token: str) -> None:
    done = stack.run("logs", "--request-id", "nosuchid-01234567")
    assert (done.code, done.out) == (1, "")
    assert "No log line has the request id 'nosuchid-01234567'" in done.err
    name = "grepped-0123456789"
    stack.request("GET", "/users/123", token=token, headers={"X-Request-Id": name})
    eventually(lambda: name in stack.run("logs", "--since", "1m", "--grep", f"get /users.*{name}").out)
    assert stack.run("logs", "--since", "1m", "--level", "ERROR", "--grep", name).out == ""


def test_a_service_is_restarted_stopped_and_started(stack: Stack, token: str) -> None:
    before = {pod["name"] for pod in stack.pods("analytics")}
    assert stack.run("restart", "analytics").code == 0
    after = {pod["name"] for pod in stack.pods("analytics")}
    assert len(after) == len(before)
    assert not after & before

    try:
        assert stack.run("stop", "analytics").code == 0
        eventually(lambda: not stack.pods("analytics"), what="no pod")
        (reason,) = status(stack)["reasons"]
        assert reason == "analytics is stopped. Start it: `./crosscloud start analytics`"
        assert stack.request("GET", "/health/analytics").status in (404, 503)
        assert "stopped" in stack.run("restart", "analytics").err
        done = stack.run("up")
        assert (done.code, reason in done.out) == (0, True), done
    finally:
        assert stack.run("start", "analytics").code == 0
    assert len(stack.pods("analytics")) == len(before)
    assert status(stack)["state"] == "well"


def test_a_consumer_is_paused_and_resumed(stack: Stack) -> None:
    assert stack.run("pause", "relay").code == 0
    try:
        report, note = status(stack), "relay is paused: `./crosscloud resume relay`"
        assert (report["state"], report["notes"]) == ("well", [note])
        done = stack.run("up")
        assert (done.code, note in done.out) == (0, True), done
    finally:
        assert stack.run("resume", "relay").code == 0
    assert status(stack)["notes"] == []


def test_psql_opens_the_database_of_a_service(stack: Stack) -> None:
    done = stack.run("psql", "users", "-Atc", "select name from users where id = '123'")
    assert (done.code, done.out) == (0, "Mark Wells\n"), done.err


def test_a_shell_has_what_tools_need(stack: Stack) -> None:
    command = """curl -sS -H "Authorization: Bearer $TOKEN" $ENDPOINT/users/123; psql users -Atc 'select 1'"""
    done = stack.run("shell", "--", "sh", "-c", command)
    assert (done.code, done.out) == (0, '{"id":"123","name":"Mark Wells","role":"Engineer"}1\n'), done.err


@pytest.mark.parametrize("words", [["restart", "nobody"], ["stop", "nobody"], ["pause", "nobody"], ["psql", "nobody"]])
def test_a_name_of_nobody_is_refused_with_those_that_there_are(stack: Stack, words: list[str]) -> None:
    done = stack.run(*words)
    assert (done.code, done.out) == (1, "")
    assert re.search(r"'nobody'.* There are \w+, ", done.err)


def test_the_demo_places_an_order_and_shows_its_way(stack: Stack) -> None:
    done = stack.run("demo")
    assert done.code == 0, done.err
    assert re.findall(r"^ +[\d.]+ s  (\w+)$", done.out, re.MULTILINE)[-1] == "INVOICED"
    (placing,) = (each for each in Contract.read(stack.root / CONTRACT).operations if each.route_key == "POST /orders")
    consumers = Emulated(stack.machine).events["mappings"]
    hops = re.findall(r"^\d+ +(\w+) ", done.out, re.MULTILINE)
    assert hops[:2] == ["gateway", placing.function]
    assert set(hops) == {*ENVOYS, placing.function, *consumers, services.BILLING, services.ANALYTICS}
    for event in demo.EVENTS:
        assert f"published {event}" in done.out
    request = done.out.split()[-1]
    assert placing.function in stack.run("logs", "--request-id", request).out


def test_a_demo_whose_order_stays_on_its_way_says_where(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PATIENCE", 1.0)
    monkeypatch.setattr(clone, "machine", lambda: stack.machine)
    assert stack.run("pause", "relay").code == 0
    try:
        with pytest.raises(LocalError, match=r"the order \S+ is PENDING, and analytics has no order\.placed and no"):
            demo.demo()
    finally:
        assert stack.run("resume", "relay").code == 0
