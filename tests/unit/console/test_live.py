"""The stream of an open page."""

from __future__ import annotations

import asyncio
import json

import pytest

from console.context import Context
from console.live import events
from console.rendering import Renderer, digest
from console.views import requests
from console.views.view import Address, View
from tests.unit.console.client import Client


async def streamed(context: Context, looks: int, change: str = "") -> list[dict[str, str]]:
    """Returns the messages of a page's stream in a number of looks, with new lines before the last one."""
    left = looks

    def stopping() -> bool:
        nonlocal left
        left -= 1
        if left == 0 and change:
            with (context.place.machine.logs / "gateway.jsonl").open("a") as log:
                log.write(change)
            context.catch_up()
        return left < 0

    async def show() -> View:
        return await requests.show(context, Address(parameters={}, query={"since": "all"}))

    renderer = Renderer(csrf="x", clone="clone", home="home")
    texts = [text async for text in events(context, renderer, show, stopping)]
    return [json.loads(text.partition("data: ")[2]) for text in texts if text.startswith("event: panel")]


def test_a_panel_is_sent_again_only_when_it_has_changed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.live.PAUSE", 0.001)
    line = {"timestamp": "2026-11-30T19:59:00Z", "service": "gateway", "message": "request", "duration_ms": 1}
    added = json.dumps({**line, "route": "GET /added", "request_id": "added-01"}) + "\n"
    assert len(asyncio.run(streamed(context, 20))) == 1
    first, second = asyncio.run(streamed(context, 20, added))
    assert "GET /added" not in first["html"]
    assert "GET /added" in second["html"]
    assert (second["name"], second["digest"]) == ("requests", digest(second["html"]))
    assert context.viewers == 0


def test_the_page_knows_the_panels_that_it_was_given(client: Client, context: Context) -> None:
    page = client.page("/requests?since=all")
    (sent,) = asyncio.run(streamed(context, 1))
    assert f'id="panel-requests" class="panel" data-digest="{sent["digest"]}"' in page


def test_a_stream_of_no_page_is_404(client: Client) -> None:
    assert client.get("/live?at=/nothing").status_code == 404
