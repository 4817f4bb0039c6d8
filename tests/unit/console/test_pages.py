"""Every page from a recorded run, while the stack is down and while it is up."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from console import graph, program
from console.context import Context
from console.follow import follow
from console.live import events
from console.place import hold, runs
from console.rendering import Renderer, digest, iso
from console.views import overview, queues, requests
from console.views.view import Asked, View
from local.errors import LocalError
from local.machine import write_json
from local.state import Entry, State
from planning.wire import secret
from tests.unit.console.client import Client, words
from tests.unit.console.conftest import PlayedEmulator
from tests.unit.console.messages import message
from tests.unit.console.test_hops import ORDER, RETRIED

LISTS = ["/", "/parts", "/requests", "/orders", "/queues", "/metrics", "/logs", "/resources", "/changes"]


@pytest.mark.parametrize("path", LISTS)
def test_a_page_can_be_read_by_those_who_do_not_see_it(client: Client, path: str) -> None:
    page = client.page(path)
    assert '<html lang="en"' in page
    assert re.findall(r"<h1>([^<]+)</h1>", page)
    assert page.count("<main") == 1
    assert page.count("<caption") == len(re.findall(r"<table(?! class=\"members\")", page))
    assert not re.findall(r"<th(?![a-z])(?![^>]*scope=)", page)
    for svg in re.findall(r"<svg[^>]*>", page.partition("<main")[2]):
        named = "aria-label=" in svg or 'aria-hidden="true"' in svg
        assert named or '<div class="frame" aria-hidden' in page, svg
    for field in re.findall(r"<(?:input|select)(?![^>]*hidden)[^>]*>", page):
        assert re.search(rf"<label[^>]*>(?:(?!</label>).)*{re.escape(field)}", page, re.DOTALL), field


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_history_says_what_to_do(root: Path, context: Context, client: Client, path: str) -> None:
    context.store.write([("delete from lines", ())])
    (root / ".local" / "logs" / "changes.jsonl").unlink()
    assert "make up" in words(client.page(path)) or "No " in words(client.page(path))


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


def test_a_request_leads_from_its_trace_to_its_lines_and_back(client: Client, context: Context) -> None:
    (link,) = set(re.findall(rf'href="(/requests/{ORDER})"', client.page("/requests?since=all")))
    page = client.page(link)
    hops = re.findall(r'<tr data-row="(\d+)" id="hop-\1"', page)
    assert len(hops) > 10
    for hop in hops:
        assert f'href="/requests/{ORDER}?hop={hop}#line-{hop}"' in page
        assert f'id="line-{hop}"' in page
        assert f'href="#hop-{hop}"' in page
    chosen = client.page(f"/requests/{ORDER}?hop={hops[2]}")
    assert re.search(rf'<details class="line info chosen" id="line-{hops[2]}"[^>]* open>', chosen)
    logs = client.page(f"/logs?since=all&q={ORDER}")
    assert f"/requests/{ORDER}?hop={hops[2]}#hop-{hops[2]}" in logs


def test_a_request_shows_the_command_that_prints_the_same(client: Client) -> None:
    assert f"./crosscloud logs --request-id {ORDER}" in words(client.page(f"/requests/{ORDER}"))


def test_a_killed_invocation_is_shown_beside_the_request(client: Client, context: Context) -> None:
    hop = context.store.rows("select ended from lines where request_id = ? and service = 'orders'", [ORDER])[0]
    line = {"timestamp": iso(hop["ended"]), "service": "orders", "message": "Task timed out after 5.00 seconds"}
    with (context.place.machine.logs / "functions.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    page = words(client.page(f"/requests/{ORDER}"))
    assert "Said meanwhile by the same parts, of no request" in page
    assert "Task timed out after 5.00 seconds" in page


def test_an_order_shows_its_events_and_its_way_through_both_clouds(client: Client, context: Context) -> None:
    row = context.store.rows("select order_id from lines where request_id = ? and order_id <> ''", [RETRIED])[0]
    page = client.page(f"/orders/{row['order_id']}")
    text = words(page)
    assert re.findall(r'<li class="done">(\w+)</li>', page) == ["PENDING", "CONFIRMED", "INVOICED"]
    assert "Its way through both clouds" in text
    assert "AWS" in text
    assert "Azure" in text
    assert "The table can't be asked while the stack is down" in text


def test_an_order_of_the_table_is_shown_although_no_line_tells_of_it(client: Client, emulator: PlayedEmulator) -> None:
    order = {"entry": "order", "status": "PENDING", "version": "1", "total": "455", "currency": "EUR"}
    emulator.entries = [{**order, "customer_id": "anna"}]
    assert "4.55 EUR" in words(client.page("/orders/0d1f"))
    emulator.entries = []
    assert client.get("/orders/other").status_code == 404


@pytest.mark.parametrize(
    "path", ["/requests/unknown-1", "/traces/unknown", "/orders/unknown", "/resources/7", "/no/page"]
)
def test_what_is_not_there_is_404_with_a_reason(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "unknown" in answer.text or "no resource" in answer.text or "no page" in answer.text


# ---- queues


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


@pytest.mark.parametrize("path", ["/resources/%C2%B2", f"/resources/{'9' * 5000}", "/live?at=http://[", "/nothing"])
def test_an_address_that_can_not_be_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_request_with_a_slash_in_its_id_has_its_page(client: Client, context: Context) -> None:
    odd = "<script>alert(1)</script>"
    (context.place.machine.logs / "gateway.jsonl").write_text(
        json.dumps(
            {
                "timestamp": "2026-11-30T19:00:00Z",
                "service": "gateway",
                "level": "INFO",
                "message": "request",
                "duration_ms": 1,
                "status": 401,
                "request_id": odd,
            }
        )
        + "\n"
    )
    assert html.escape(odd) in client.page(f"/requests/{quote(odd, safe='')}")


@pytest.mark.parametrize(
    "run",
    [
        {"began": 1, "ended": 2, "unchanged": 0, "changes": [{}]},
        {"began": 1, "ended": 2, "unchanged": 0, "changes": None},
        {"began": "x", "ended": 2, "unchanged": 0, "changes": []},
        {"began": float("inf"), "ended": 2, "unchanged": 0, "changes": []},
    ],
)
def test_a_run_of_another_form_is_left_out(client: Client, context: Context, run: dict[str, object]) -> None:
    (context.place.machine.logs / "changes.jsonl").write_text(f"{json.dumps(run)}\n")
    for path in ("/", "/changes"):
        assert client.get(path).status_code == 200


def test_a_redrive_that_fails_says_why(
    client: Client, context: Context, emulator: PlayedEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.queues = {"relay-dead-letters": [message("{}")]}
    monkeypatch.setattr(queues, "EVENTS", ("-c", "import sys; sys.exit('It stays.')"))
    client.post("/queues/relay/redrive", {"csrf": client.csrf("/queues")})
    assert "Not done : It stays." in words(client.page("/queues"))


# ---- resources and changes


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


def test_changes_show_what_the_last_run_did(client: Client, root: Path) -> None:
    assert "6 changes" in words(client.page("/changes"))
    failed = {"urn": "u", "type": "aws:iam/role:Role", "name": "runner", "operation": "create", "changed": []}
    run = {"began": 1.0, "ended": 2.5, "unchanged": 3, "changes": [{**failed, "seconds": 1.5, "error": "No such <b>"}]}
    with (root / ".local" / "logs" / "changes.jsonl").open("a") as log:
        log.write("{broken\n" + json.dumps(run) + "\n")
    page = client.page("/changes")
    assert "1 change 1 failed, 3 unchanged · 1.5 s" in words(page)
    assert "No such &lt;b&gt;" in page
    assert "6 changes" in words(client.page("/changes?run=" + re.findall(r"run=(\d{9,})", page)[0]))


# ---- live


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
        return await requests.show(context, Asked(parameters={}, query={"since": "all"}))

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


def test_the_overview_needs_no_more_than_a_look_at_each_source(context: Context, emulator: PlayedEmulator) -> None:
    """Ten viewers ask the emulator as often as one does."""
    asked = []
    emulator.messages = lambda: asked.append(1) or {}  # type: ignore[method-assign, func-returns-value]

    async def looks() -> None:
        for _ in range(10):
            await overview.show(context, Asked(parameters={}, query={}))

    asyncio.run(looks())
    assert len(asked) == 1


# ---- its life


def test_one_console_runs_in_a_clone(context: Context) -> None:
    assert not runs(context.place.machine)
    with hold(context.place):
        assert runs(context.place.machine)
        with pytest.raises(LocalError, match="runs already: http://127"):
            hold(context.place)
    assert not runs(context.place.machine)


def test_following_ends_when_the_folder_is_gone(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.follow.ALONE", 0.01)
    monkeypatch.setattr("console.follow.WATCHED", 0.001)

    async def removed() -> None:
        with hold(context.place) as lock:
            following = asyncio.create_task(follow(context, lock))
            await asyncio.sleep(0.05)
            assert not following.done()
            (context.place.machine.run / "console.lock").unlink()
            await asyncio.wait_for(following, 10)

    asyncio.run(removed())


def test_it_imports_neither_the_sdk_nor_what_decrypts_the_state() -> None:
    """They would more than double its memory."""
    script = "import sys, console.__main__; print(*sorted(m for m in sys.modules if m in sys.argv[1:]))"
    names = ["botocore", "boto3", "pulumi", "google.protobuf", "cryptography", "fastapi", "pydantic", "rich"]
    root = Path(__file__).parents[3]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == []
