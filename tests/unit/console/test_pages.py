"""Every page from a recorded run: what they have in common, and addresses that lead to none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.context import Context
from tests.unit.console.client import Client, words

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


@pytest.mark.parametrize(
    "path", ["/requests/unknown-1", "/traces/unknown", "/orders/unknown", "/resources/7", "/no/page"]
)
def test_what_is_not_there_is_404_with_a_reason(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "unknown" in answer.text or "no resource" in answer.text or "no page" in answer.text


@pytest.mark.parametrize("path", ["/resources/%C2%B2", f"/resources/{'9' * 5000}", "/live?at=http://[", "/nothing"])
def test_an_address_that_can_not_be_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
