"""The page of the queues: dead letters with their reasons, and giving them back."""

from __future__ import annotations

import json

import pytest

from console.context import Context
from console.views import queues
from tests.unit.console.client import Client, words
from tests.unit.console.conftest import PlayedEmulator
from tests.unit.console.messages import message


def test_dead_letters_are_shown_with_their_reasons(client: Client, emulator: PlayedEmulator) -> None:
    event = {"detail-type": "order.placed", "detail": {"type": "order.placed", "order_id": "0d1f", "id": "e1"}}
    refused = {
        "ERROR_CODE": {"StringValue": "NO_PERMISSIONS"},
        "ERROR_MESSAGE": {"StringValue": "A policy is missing."},
    }
    emulator.queues = {
        "fulfilment": [message("{}", IsVisible=False), message("{}", IsVisible=False, ReceiveCount=0)],
        "fulfilment-dead-letters": [
            message(json.dumps(event)),
            message("no json", id_="other", MessageAttributes=refused),
        ],
        "relay-dead-letters": [message(json.dumps({"reason": "It is no event.", "record": {}}), id_="r1")],
        "order-notices-dead-letters": [message("[]", id_="nothing-known")],
    }
    page = words(client.page("/queues"))
    assert "4 dead letters" in page
    assert "There is no schema 'order.shipped.vNone'" in page, "the last line of this message's id says so"
    assert "The bus could not deliver it: NO_PERMISSIONS. A policy is missing." in page
    assert "It is no event." in page
    assert "The log has no line of it, and the message says no reason." in page
    assert "fulfilment 0 1 1" in page
    assert "./crosscloud events redrive --stack local --queue relay" in page
    assert "Dead letters 4" in words(client.page("/"))


def test_a_redrive_runs_the_runbooks_command_and_shows_what_it_said(
    client: Client, context: Context, emulator: PlayedEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.queues = {"relay-dead-letters": [message("{}", id_="m-1")]}
    monkeypatch.setattr(queues, "EVENTS", ("-c", "import sys; print('given back', *sys.argv[1:])"))
    csrf = client.csrf("/queues")
    answer = client.post("/queues/relay/redrive", {"csrf": csrf, "message": "m-1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/queues")
    page = words(client.page("/queues"))
    assert "Done : given back redrive --stack local --queue relay --message m-1" in page
    assert "./crosscloud events redrive --stack local --queue relay --message m-1" in page
    assert context.outcomes[0].code == 0
    assert client.post("/queues/other/redrive", {"csrf": csrf}).status_code == 404
    for odd in ("--stack=prod", "m-1; rm -rf ~", "\0", "x" * 200):
        assert client.post("/queues/relay/redrive", {"csrf": csrf, "message": odd}).status_code == 400


def test_a_redrive_that_fails_says_why(
    client: Client, context: Context, emulator: PlayedEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.queues = {"relay-dead-letters": [message("{}")]}
    monkeypatch.setattr(queues, "EVENTS", ("-c", "import sys; sys.exit('It stays.')"))
    client.post("/queues/relay/redrive", {"csrf": client.csrf("/queues")})
    assert "Not done : It stays." in words(client.page("/queues"))
