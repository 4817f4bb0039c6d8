"""The page of a request: from its trace to its lines and back, and what else belongs to it."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

from console.context import Context
from console.rendering import iso
from tests.unit.console.client import Client, words
from tests.unit.console.test_hops import ORDER


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
    assert "Written meanwhile by the same parts, about no request" in page
    assert "Task timed out after 5.00 seconds" in page


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
