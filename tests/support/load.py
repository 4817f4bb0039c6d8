"""Requests that go on beside what a test does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import urllib3

from tests.support.stack import Stack


@contextmanager
def repeated(*actions: Callable[[], int | str], pause: float) -> Iterator[Counter[int | str]]:
    """Each again and again, in a thread of its own; counts what they return and raise."""
    seen: Counter[int | str] = Counter()
    stop = threading.Event()

    def repeat(action: Callable[[], int | str]) -> None:
        while not stop.wait(pause):
            try:
                seen[action()] += 1
            except Exception as error:  # noqa: BLE001 - every kind of failure is counted
                seen[repr(error)] += 1

    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


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
