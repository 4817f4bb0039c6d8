"""Puts the tests into the order in which several workers finish soonest, and leaves the slow ones out of a fast run.

A worker of `make test` takes whole files, one after the other, so the fixtures of a file are set up once. Each worker
that takes files of tests/local starts one local stack for all of them.
"""

from __future__ import annotations

import functools
import gc
import os
import signal
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.support import program

# A shell's background job ignores Ctrl-C, and so would the processes that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
STACKS = [TESTS / "recipes", TESTS / "local", TESTS / "contract"]
"""Folders whose tests start local stacks."""
LONGEST_FIRST = [
    TESTS / "recipes",
    TESTS / "local/test_releases.py",
    TESTS / "local",
    TESTS / "contract",
    TESTS / "unit/local",
]
"""Files and folders in the order in which workers take them; all others come after them."""
SLOW_PATHS = [
    *STACKS,
    TESTS / "engine",  # runs whole updates on a Pulumi engine, where there is one
    TESTS / "images",  # copies the build contexts of all services
    TESTS / "unit/local/envoy",  # starts Envoy
    TESTS / "unit/local/kubernetes",  # starts pods and Envoy
    TESTS / "unit/local/supervisor",  # starts the supervisor
    TESTS / "unit/local/test_emulator.py",  # starts MiniStack, as the next one does
    TESTS / "unit/local/test_events.py",
    TESTS / "unit/components/kubernetes/test_release_tracks.py",  # runs the program once for each track and service
    TESTS / "unit/planning/test_helm.py",  # renders charts of all stacks
    TESTS / "unit/planning/test_plan.py",  # runs the program at two revisions
    TESTS / "unit/planning/test_render.py",  # runs the program in processes of their own
    TESTS / "unit/tools/test_client.py",  # generates clients
    TESTS / "unit/policy/test_mutations.py",  # runs the program once for each argument that it weakens
]
"""Files and folders that a fast run leaves out."""
SLOW_FIXTURES = {
    "server",  # PostgreSQL
    "emulated",  # MiniStack
    "emulator",  # MiniStack as the supervisor starts it
}
"""Fixtures whose tests a fast run leaves out, because they start a server."""
LEFT_OUT = (
    "fast: without tests that start a server or a local stack, that run the program with settings of their own, "
    "or that are marked slow"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out the slow tests")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [LEFT_OUT] if config.option.fast else []


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Returns one worker more than there are cores, because tests of a stack wait more than they compute. Those of a
    fast run only compute."""
    return (os.cpu_count() or 1) + (0 if config.option.fast else 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Holds the garbage collector off while tests are collected, and afterwards takes what they need out of it: that
    stays, and going over it again and again takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves a folder or file of slow tests unread in a fast run: each worker would import it and what it needs."""
    return True if config.option.fast and collection_path in SLOW_PATHS else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the tests that take longest first, so that no worker ends long after the others, and marks the slow ones."""
    items.sort(key=lambda item: _turn(item.path))
    slow = [item for item in items if is_slow(item)]
    for item in slow:
        item.add_marker("slow")
    if config.option.fast and slow:
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)


@functools.cache
def _turn(file: Path) -> int:
    return next((turn for turn, path in enumerate(LONGEST_FIRST) if file.is_relative_to(path)), len(LONGEST_FIRST))


@functools.cache
def is_below(file: Path, *paths: Path) -> bool:
    return any(file.is_relative_to(path) for path in paths)


def is_slow(item: pytest.Item) -> bool:
    return (
        item.get_closest_marker("slow") is not None
        or is_below(item.path, *SLOW_PATHS)
        or not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or runs_the_program(item)
    )


def runs_the_program(item: pytest.Item) -> bool:
    """Tells whether a test or one of its fixtures comes to call `run`. What a cached function returns, as `deployed`,
    is kept for all tests of a worker."""
    fixtures = getattr(item, "_fixtureinfo", None)
    made = [each.func for each in chain(*fixtures.name2fixturedefs.values())] if fixtures else []
    functions = (getattr(item, "function", None), *made)
    return any(isinstance(each, FunctionType) and _reaches_run(each) for each in functions)


@functools.cache
def _reaches_run(function: FunctionType) -> bool:
    """Tells whether a function of the tests, or one of theirs that it names, is `run`."""
    seen, open_ = set[FunctionType](), [function]
    while open_:
        each = open_.pop()
        if each is program.run:
            return True
        if each not in seen and each.__module__.startswith("tests."):
            seen.add(each)
            named = (each.__globals__.get(name) for name in _names(each.__code__))
            open_.extend(value for value in named if isinstance(value, FunctionType))
    return False


def _names(code: CodeType) -> Iterator[str]:
    """Yields the global names that a function and the functions inside of it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
