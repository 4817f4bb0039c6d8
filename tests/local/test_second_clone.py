"""A second clone beside the first, and what its end leaves."""

from __future__ import annotations

import socket

from local import postgres
from tests.support.stack import Stack


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_second_clone_runs_beside_the_first_and_down_leaves_nothing_but_its_data(
    stack: Stack, token: str, clone: Stack
) -> None:
    clone.up()
    assert clone.run("logs", "--level", "WARNING").out == "", "nothing of a first start needs a look"
    other = clone.token()
    assert clone.request("GET", "/users/123", token=other).status == 200
    assert stack.request("GET", "/users/123", token=token).status == 200
    assert clone.request("GET", "/users/123", token=token).status == 401, "a token of another clone's issuer"
    postgres.administer(clone.machine, lambda c: c.execute("CREATE TABLE kept AS SELECT 42 AS value"))
    ports = clone.machine.ports
    assert clone.run("down").code == 0
    assert clone.processes() == []
    assert not any(map(listening, [ports.endpoint, ports.ingress, ports.issuer, ports.emulator, ports.postgres]))
    assert stack.request("GET", "/users/123", token=token).status == 200

    assert clone.run("status").code == 3  # it is down
    assert clone.up().changes == []
    assert postgres.administer(clone.machine, lambda c: c.fetchval("SELECT value FROM kept")) == 42
    assert clone.request("GET", "/users/123", token=clone.token()).status == 200
    assert clone.run("down", "--purge").code == 0
    assert clone.processes() == []
    assert not (clone.root / ".local").exists()
