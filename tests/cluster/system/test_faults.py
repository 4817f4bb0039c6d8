"""What goes wrong in a cluster while customers read and order, and how it heals: the test of tests/local/faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.system.faults import FAULTS
from tests.local.faults.fault import Fault
from tests.local.faults.run import assert_books_are_right, brought_about
from tests.local.faults.traffic import Traffic
from tests.support.cluster_stack import ClusterStack
from tests.support.faults_page import CLUSTER, Seen, record

pytestmark = pytest.mark.timeout(1200)
EACH = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@pytest.fixture(scope="module")
def traffics() -> dict[str, Traffic]:
    """Collects the traffic of each fault by its name."""
    return {}


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Seen]]:
    """Collects what was measured, and writes it into the page where WRITE_FAULTS is set."""
    yield from record(CLUSTER)


@EACH
def test_callers_get_only_what_the_table_says_and_succeed_again(
    fault: Fault[ClusterStack], system: ClusterStack, traffics: dict[str, Traffic], seen: dict[str, Seen]
) -> None:
    traffic = traffics[fault.name] = Traffic.of(system)
    seen[fault.name] = brought_about(fault, system, traffic)


@EACH
def test_nothing_acknowledged_is_lost_or_doubled(fault: Fault[ClusterStack], traffics: dict[str, Traffic]) -> None:
    assert_books_are_right(traffics[fault.name])
