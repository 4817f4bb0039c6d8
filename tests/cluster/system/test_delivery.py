"""The deliveries of tests/local/test_releases.py on a real cluster: the same code, with the cluster's own pods."""

from __future__ import annotations

import pytest

from tests.local import test_releases as local
from tests.local.test_releases import clouds, traffic
from tests.support.cluster_stack import ClusterStack
from tests.support.local_clouds import LocalClouds
from tests.support.releases import RELEASES, Release
from tests.support.releases_page import Row

__all__ = ["clouds", "rows", "stack", "traffic"]
KINDS = local.OF_EACH_KIND | {"image that never gets ready"}
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Returns a list that nobody writes into the page, whose figures are those of the local stack."""
    return []


@pytest.fixture(scope="module")
def stack(system: ClusterStack) -> ClusterStack:
    return system


@pytest.mark.parametrize("release", [r for r in RELEASES if r.name in KINDS], ids=lambda release: release.name)
def test_a_broken_release_is_taken_back_and_a_good_one_passes(
    release: Release, stack: ClusterStack, clouds: LocalClouds, traffic: local.Traffic, rows: list[Row]
) -> None:
    local.test_a_broken_release_is_taken_back_and_a_good_one_passes(release, stack, clouds, traffic, rows)
