"""The first page and the page of the parts: how the stack is, up, down or not well."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from console.context import Context
from console.views import overview
from console.views.view import Address
from local.machine import write_json
from tests.unit.console.client import Client, words
from tests.unit.console.conftest import PlayedEmulator


def test_the_overview_tells_that_the_stack_is_down_and_keeps_what_it_did(client: Client) -> None:
    page = words(client.page("/"))
    assert "Stack down" in page
    assert "The stack is down. What it did is kept" in page
    assert "8 requests" in words(client.page("/requests?since=all"))


def test_the_overview_shows_what_runs(root: Path, context: Context, client: Client) -> None:
    own = psutil.Process()
    alive = {"pid": own.pid, "created": own.create_time(), "restarts": 0, "message": ""}
    gone = {"pid": 2**22 - 1, "created": 1.0, "restarts": 2, "message": ""}
    status = {
        "supervisor": {"pid": own.pid, "created": own.create_time()},
        "processes": [{"name": "envoy", "state": "ready", **alive}, {"name": "postgres", "state": "ready", **gone}],
        "pods": [{"name": "users-1", "deployment": "users", "state": "starting", "port": 1, **alive}],
        "deployments": [{"namespace": "apps", "name": "users", "desired": 2, "ready": 1, "updated": 1}],
        "observed": {"Deployment/apps/users": {"state": "failed", "message": "It is broken.", "digest": ""}},
    }
    write_json(root / ".local" / "run" / "status.json", status)
    page = words(client.page("/"))
    assert "Stack not well 2 of 4 ready" in page
    assert "users 1/2 pods" in page
    parts = words(client.page("/parts"))
    assert "postgres gone" in parts
    assert "Deployment/apps/users It is broken." in parts
    memory = next(each.memory for each in context.runtime().running if each.name == "envoy")
    assert memory is not None
    assert memory > 1_000_000


def test_a_service_that_somebody_stopped_is_named(root: Path, client: Client) -> None:
    own = psutil.Process()
    status = {
        "processes": [{"name": "envoy", "state": "ready", "pid": own.pid, "created": own.create_time(), "restarts": 0}],
        "deployments": [{"namespace": "apps", "name": "billing", "desired": 0, "ready": 0, "updated": 0}],
    }
    write_json(root / ".local" / "run" / "status.json", status)
    assert "Stack not well billing stopped" in words(client.page("/"))


def test_the_overview_needs_no_more_than_a_look_at_each_source(context: Context, emulator: PlayedEmulator) -> None:
    """Ten viewers ask the emulator as often as one does."""
    looks = []
    emulator.messages = lambda: looks.append(1) or {}  # type: ignore[method-assign, func-returns-value]

    async def ten() -> None:
        for _ in range(10):
            await overview.show(context, Address(parameters={}, query={}))

    asyncio.run(ten())
    assert len(looks) == 1
