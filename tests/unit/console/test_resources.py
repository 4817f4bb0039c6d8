"""The pages of the program's resources: graph, outputs without secrets, and a state that changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console import graph, program
from console.context import Context
from local.state import Entry, State
from planning.wire import secret
from tests.unit.console.client import Client, words


@pytest.fixture
def state(root: Path) -> State:
    made = State(root / ".local" / "state.json")
    base = "urn:pulumi:local::crosscloud::"
    shop, table = f"{base}crosscloud:aws:Commerce::shop", f"{base}crosscloud:aws:Commerce$aws:Table::orders"
    made.put(Entry(urn=shop, type="crosscloud:aws:Commerce", name="shop", custom=False))
    made.put(
        Entry(
            urn=table,
            type="aws:dynamodb/table:Table",
            name="orders",
            custom=True,
            parent=shop,
            id="orders",
            inputs={"hashKey": "order_id", "password": "s3cret"},
            outputs={"arn": "arn:aws:orders", "key": secret("s3cret")},
        )
    )
    api = f"{base}crosscloud:aws:Api::gateway"
    made.put(Entry(urn=api, type="crosscloud:aws:Api", name="gateway", custom=False))
    route = Entry(urn=f"{api}$r", type="aws:Route", name="list", custom=True, parent=api, dependencies=(table,))
    made.put(route)
    return made


@pytest.mark.usefixtures("state")
def test_resources_are_shown_with_their_outputs_and_without_their_secrets(client: Client, context: Context) -> None:
    page = client.page("/resources")
    assert "4 resources" in words(page)
    assert 'aria-label="shop, Commerce · 1"' in page
    (number,) = set(re.findall(r'href="/resources/(\d+)"[^>]*><span class="kind">Table</span> orders', page))
    one = client.page(f"/resources/{number}")
    assert "arn:aws:orders" in one
    assert "s3cret" not in one
    assert "•••••• (secret)" in one
    assert "Needs 0, needed by 1" in words(one)
    database = context.place.store.read_bytes() + Path(f"{context.place.store}-wal").read_bytes()
    assert b"s3cret" not in database
    assert b"arn:aws:orders" in database


@pytest.mark.usefixtures("state")
def test_an_arrow_leads_from_a_component_to_the_one_that_needs_it(client: Client, context: Context) -> None:
    client.page("/resources")
    drawn = graph.of_components(program.program(context.store))
    places = {box.resource.name: box.x for box in drawn.boxes}
    assert (len(drawn.ways), places["shop"] < places["gateway"]) == (1, True)
    assert {box.resource.name: box.cloud for box in drawn.boxes} == {"shop": "aws", "gateway": "aws"}


def test_resources_are_read_again_when_the_state_has_changed(client: Client, context: Context, state: State) -> None:
    client.page("/resources")
    state.put(Entry(urn="urn:new", type="aws:s3:Bucket", name="new", custom=True))
    context.forget()
    assert "5 resources" in words(client.page("/resources"))
    assert "1 found" in words(client.page("/resources?q=bucket+NEW"))


@pytest.mark.usefixtures("state")
def test_a_state_that_cant_be_read_is_said(root: Path, client: Client) -> None:
    (root / ".local" / "state.json").write_text("{")
    assert "is damaged" in words(client.page("/resources"))
