"""Actions that are repeated in threads while a test does something else: a closed loop, for any kind of action.

Requests at a constant rate, whose latency matters, come from `tests/load`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import urllib3

from tests.support.stack import Stack


@contextmanager
def beside(*actions: Callable[[threading.Event], None]) -> Iterator[None]:
    """Runs each action in a thread of its own. Sets their event at the end of the block and waits for them."""
    stop = threading.Event()
    threads = [threading.Thread(target=action, args=(stop,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def repeated(*actions: Callable[[], int | str], pause: float) -> Iterator[Counter[int | str]]:
    """Repeats each action in a thread of its own. Yields a counter of what the actions return and raise."""
    seen: Counter[int | str] = Counter()

    def repeat(action: Callable[[], int | str], stop: threading.Event) -> None:
        while not stop.wait(pause):
            try:
                seen[action()] += 1
            except Exception as error:  # noqa: BLE001 - every kind of failure is counted
                seen[repr(error)] += 1

    with beside(*(partial(repeat, action) for action in actions)):
        yield seen


@contextmanager
def load(
    stack: Stack,
    token: str,
    *,
    pause: float = 0.02,
    kind: Callable[[urllib3.BaseHTTPResponse], int | str] = lambda response: response.status,
) -> Iterator[Counter[int | str]]:
    """Reads one user from two threads without retries. Yields a counter of the answers by their `kind`."""

    def read() -> int | str:
        return kind(stack.request("GET", "/users/123", token=token))

    with repeated(read, read, pause=pause) as seen:
        yield seen
