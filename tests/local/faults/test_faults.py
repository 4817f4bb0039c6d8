"""Faults of a machine while customers read and order, one after the other: what they get, and how it heals.

Every run brings about the faults that are over in seconds. FAULTS=all brings about all of them, which takes minutes,
and WRITE_FAULTS=1 writes what was measured into docs/faults.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.faults.fault import Fault, Place
from tests.local.faults.run import assert_books_are_right, brought_about
from tests.local.faults.table import FAULTS
from tests.local.faults.traffic import Traffic
from tests.support.faults_page import LOCAL, Seen, record
from tests.support.stack import Stack

ALL = "WRITE_FAULTS" in os.environ or os.environ.get("FAULTS") == "all"
pytestmark = [
    pytest.mark.timeout(600),
    # A client's connection that is cut in the middle of its handshake is closed by the garbage collector alone.
    pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]


def parameter(fault: Fault[Place]) -> Any:
    """Returns the parameter of a fault, which is skipped where only the quick ones are brought about."""
    needs = pytest.mark.skipif(not ALL and not fault.quick, reason="takes minutes: FAULTS=all")
    return pytest.param(fault, id=fault.name, marks=needs)


EACH = pytest.mark.parametrize("fault", [parameter(fault) for fault in FAULTS], scope="module")
"""Each fault. By the scope, both of its tests come before those of the next."""


@pytest.fixture(scope="module")
def ran() -> dict[str, tuple[Traffic, Seen]]:
    """Collects the traffic of each fault by its name."""
    return {}


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Seen]]:
    """Collects what was measured of the faults that passed, and writes it into the page where WRITE_FAULTS is set."""
    yield from record(LOCAL)


@EACH
def test_callers_get_only_what_the_table_says_and_succeed_again(
    fault: Fault[Place], stack: Stack, ran: dict[str, tuple[Traffic, Seen]]
) -> None:
    place = Place(stack)
    place.begin_anew()
    traffic = Traffic.of(stack)
    ran[fault.name] = (traffic, brought_about(fault, place, traffic))


@EACH
def test_nothing_acknowledged_is_lost_or_doubled(
    fault: Fault[Place], ran: dict[str, tuple[Traffic, Seen]], seen: dict[str, Seen]
) -> None:
    if fault.name not in ran:
        pytest.skip("the test before failed")
    traffic, measured = ran[fault.name]
    assert_books_are_right(traffic)
    seen[fault.name] = measured
