"""Requests that go on beside what a test does."""

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
    """Each in a thread of its own, until the event is set."""
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
    """Each again and again, in a thread of its own; counts what they return and raise."""
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
    """Reads of one user from two threads, counted by the answers' `kind`. No retries here."""

    def read() -> int | str:
        return kind(stack.request("GET", "/users/123", token=token))

    with repeated(read, read, pause=pause) as seen:
        yield seen
