"""The console in a real browser, which reaches this machine alone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.providers.aws.client import Aws
from tests.support.browser import Page, browser, installed
from tests.support.console import RunningConsole, console
from tests.support.stack import Stack
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    installed() is None, reason="No browser is installed: `apt-get install chromium`, or Chrome."
)

CONTRAST = """(() => {
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.5) return colour;
    }
    return numbers(getComputedStyle(document.documentElement).backgroundColor);
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *:not(svg *):not(option)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".visually-hidden, .skip")) continue;
    const lights = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (ratio < 4.5) weak.push(`${element.className || element.tagName} ${element.textContent.trim()} ${ratio}`);
  }
  return weak;
})()"""
"""Texts whose contrast is less than what WCAG 2.2 asks for (1.4.3, level AA)."""


@pytest.fixture(scope="module")
def running(stack: Stack) -> Iterator[RunningConsole]:
    with console(stack) as made:
        yield made


@pytest.fixture
def page(running: RunningConsole, tmp_path: Path) -> Iterator[Page]:
    """Yields a page on which a person has signed in by the printed link."""
    with browser(tmp_path / "profile") as made:
        made.open(running.link)
        assert made.text("h1") == "Overview"
        made.problems.clear()
        yield made
        assert (made.problems, made.foreign) == ([], [])


def sent_request(stack: Stack) -> str:
    """Sends a request through both clouds, and returns its id."""
    request = f"browser-{uuid.uuid4().hex[:8]}"
    answer = stack.request("GET", "/users/123", token=stack.token(), headers={"X-Request-Id": request})
    assert answer.status == 200
    return request


def test_a_person_finds_a_request_and_gives_a_dead_letter_back(
    page: Page, running: RunningConsole, stack: Stack, aws: Aws
) -> None:
    request = sent_request(stack)
    page.press("2", leaves=True)
    assert page.text("h1") == "Requests"
    page.press("/")
    assert page.run("document.activeElement.name") == "q"
    page.send("Input.insertText", text=request)
    page.press("Enter", leaves=True)
    eventually(lambda: page.says("document.querySelectorAll('tbody tr').length === 1"), what="the one request")
    page.press("j")
    page.press("Enter", leaves=True)
    assert page.run("location.pathname") == f"/requests/{request}"
    eventually(lambda: page.says("document.querySelectorAll('.waterfall tbody tr').length >= 4"), what="every hop")
    parts = page.run("[...document.querySelectorAll('.waterfall tbody th')].map((each) => each.innerText)")
    assert [part.split()[0] for part in parts] == ["gateway", "orchestrator", "ingress", "users"]
    bars = page.run("[...document.querySelectorAll('.bar')].map((bar) => bar.getBoundingClientRect().width)")
    assert all(width > 0 for width in bars)
    assert bars[0] == max(bars)

    page.click(".waterfall a.go")
    assert page.run("document.querySelector('details.line.chosen').open") is True
    assert f'"request_id": "{request}"' in page.text("details.line.chosen pre")

    page.press("Escape")  # the browser may have kept the page as it was, so nothing tells when it is there
    back = f"location.pathname === '/requests/{request}' && location.search === ''"
    eventually(lambda: page.says(back), what="the way back")

    event = {"source": "crosscloud.orders", "detail-type": "order.placed", "detail": {"order_id": str(uuid.uuid4())}}
    url = stack.outputs_of("sqs/queue:Queue", "order-notices-dead-letters")["url"]
    refused = {"ERROR_CODE": {"DataType": "String", "StringValue": "THROTTLING"}}
    aws.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": json.dumps(event), "MessageAttributes": refused})
    page.open(f"{running.address}/queues")
    eventually(lambda: "THROTTLING" in page.text("#panel-letters"), what="the letter with its reason")
    page.click("#panel-letters article button")
    assert "1 given back" in page.text("#panel-outcomes")
    eventually(lambda: "no dead letters" in page.text("#panel-letters"), what="the empty queue")


def test_a_page_follows_what_happens_and_can_be_paused(page: Page, running: RunningConsole, stack: Stack) -> None:
    page.open(f"{running.address}/logs?part=gateway")
    eventually(lambda: page.run("document.querySelector('#live').dataset.state") == "on", what="the stream")
    page.run("window.stays = true")
    first = sent_request(stack)
    eventually(lambda: page.run(f"document.body.innerHTML.includes({first!r})"), what="the new line")
    assert page.run("window.stays") is True, "the page was not loaded again"
    page.press("p")
    assert page.text("#live .word") == "paused"
    second = sent_request(stack)
    page.run("new Promise((done) => setTimeout(done, 2000))")
    assert not page.run(f"document.body.innerHTML.includes({second!r})")
    page.press("p")
    eventually(lambda: page.run(f"document.body.innerHTML.includes({second!r})"), what="the line of the pause")


PATHS = ["/", "/requests", "/orders", "/queues", "/metrics", "/logs", "/parts", "/resources", "/changes"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_can_be_read_in_light_and_dark(
    page: Page, running: RunningConsole, stack: Stack, tmp_path: Path, theme: str
) -> None:
    request = sent_request(stack)
    page.looks(theme)
    pictures = set()
    for path in [*PATHS, f"/requests/{request}"]:
        page.open(running.address + path)
        assert page.run(CONTRAST) == [], path
        assert page.run("document.documentElement.scrollWidth") <= 1280, path
        pictures.add(page.picture(tmp_path / f"{path.strip('/').replace('/', '-') or 'overview'}-{theme}.png"))
    assert len(pictures) == len(PATHS) + 1
    shade = page.run("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(shade) < 60) if theme == "dark" else (min(shade) > 200)


def test_the_first_screen_tells_how_it_is_without_scrolling(page: Page) -> None:
    for selector in (".tiles", ".map", "#panel-latest h2", "#panel-failures h2"):
        bottom = page.run(f"document.querySelector({selector!r}).getBoundingClientRect().bottom")
        assert 0 < bottom <= 720, selector


def test_another_sites_page_can_neither_read_nor_change_it(page: Page, running: RunningConsole) -> None:
    """The page has another port, so a browser takes it for the same site, and sends the cookie along."""
    page.open(running.address.replace("127.0.0.1", "localhost") + "/sign-in")
    read = page.run(
        f"fetch('{running.address}/requests', {{credentials: 'include'}}).then(() => 'read', () => 'refused')"
    )
    assert read == "refused"
    sent = page.run(
        f"fetch('{running.address}/queues/relay/redrive', {{method: 'POST', credentials: 'include', mode: 'no-cors'}})"
        ".then(() => 'sent', () => 'refused')"
    )
    assert sent == "refused", "its content policy forbids even to ask"
    page.problems.clear()
