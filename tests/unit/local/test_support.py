"""The error for an unknown type names every place that has to be touched, and each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.support import PLACES, places
from tests.support.program import ROOT


@pytest.mark.parametrize("package", ["aws", "azure-native", "docker", "kubernetes"])
def test_every_place_is_named_and_exists(package: str) -> None:
    sentence = places(f"{package}:moon/lander:Lander")
    named = re.findall(r"[\w-]+(?:/[\w-]+)+(?:\.\w+)?", sentence)
    assert len(named) >= len(PLACES)
    assert [name for name in named if "/" in name and not (ROOT / Path(name)).exists()] == []


def test_a_package_without_a_provider_is_told_where_providers_are() -> None:
    assert "write local/providers:" in places("gcp:storage/bucket:Bucket")
