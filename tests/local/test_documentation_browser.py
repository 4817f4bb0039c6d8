"""The API's documentation page in a real browser, which reaches this machine alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page, browser, installed
from tests.support.stack import Stack
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    installed() is None, reason="No browser is installed: `apt-get install chromium`, or Chrome."
)


@pytest.fixture
def page(stack: Stack, tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path / "profile") as made:
        made.send("Security.setIgnoreCertificateErrors", ignore=True)
        made.open(f"{stack.machine.endpoint_url}/docs")
        eventually(lambda: made.says("document.querySelectorAll('.opblock').length > 0"), what="the operations")
        yield made
        assert made.foreign == []


def test_the_first_screen_shows_operations_and_the_rest_unfolds(page: Page) -> None:
    assert page.run("document.querySelector('.opblock').getBoundingClientRect().bottom < innerHeight")
    folded = "[...document.querySelectorAll('.info details')]"
    assert page.run(f"{folded}.map((each) => each.querySelector('summary').innerText)") == [
        "Who calls, and what a token reaches",
        "Errors, by status",
        "Pages, money and times",
    ]
    assert page.run(f"{folded}[1].querySelector('table').checkVisibility()") is False
    page.run(f"{folded}[1].querySelector('summary').click()")
    assert page.run(f"{folded}[1].querySelector('table').checkVisibility()") is True
