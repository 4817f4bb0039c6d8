"""Faults of a cluster while customers read and order: what they get, and how it heals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.system.faults import FAULTS
from tests.local.faults.fault import Fault, Place
from tests.local.faults.run import assert_books_are_right, brought_about
from tests.local.faults.traffic import Traffic
from tests.support.cluster_stack import ClusterStack
from tests.support.faults_page import CLUSTER, Seen, record

pytestmark = pytest.mark.timeout(1200)
ORDER_PAUSE = 1.5
"""Seconds between two orders of one buyer. Faults of a cluster last long, and beside one the emulator hands on
few events a second: the orders of minutes would take as long again to be invoiced."""
EACH = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name, scope="module")
"""Each fault. By the scope, both of its tests come before those of the next."""


@pytest.fixture(scope="module")
def ran() -> dict[str, tuple[Traffic, Seen]]:
    """Collects the traffic of each fault by its name. Its orders go on while the next faults are brought about."""
    return {}


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Seen]]:
    """Collects what was measured of the faults that passed, and writes it into the page where WRITE_FAULTS is set."""
    yield from record(CLUSTER)


@EACH
def test_callers_get_only_what_the_table_says_and_succeed_again(
    fault: Fault[ClusterStack], system: ClusterStack, ran: dict[str, tuple[Traffic, Seen]]
) -> None:
    Place(system).begin_anew()
    traffic = Traffic.of(system, order_pause=ORDER_PAUSE)
    ran[fault.name] = (traffic, brought_about(fault, system, traffic))


@pytest.mark.usefixtures("system")  # without a cluster there was no traffic
@EACH
def test_nothing_acknowledged_is_lost_or_doubled(
    fault: Fault[ClusterStack], ran: dict[str, tuple[Traffic, Seen]], seen: dict[str, Seen]
) -> None:
    if fault.name not in ran:
        pytest.skip("the test before failed")
    traffic, measured = ran[fault.name]
    assert_books_are_right(traffic)
    seen[fault.name] = measured
