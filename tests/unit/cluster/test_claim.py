"""A cluster has the stack of one clone: a second one is refused, and what the first one has stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster import claim
from cluster.connection import LostError
from local.errors import LocalError
from local.machine import Machine, Ports
from tests.unit.cluster.fakes import FakeApi

MACHINE = Machine(
    root=Path("/clones/first"),
    home=Path("/clones/first/.local"),
    ports=Ports(endpoint=1, ingress=2, issuer=3, emulator=4, postgres=5),
)


def test_a_second_clone_is_refused_until_the_first_one_has_left() -> None:
    api = FakeApi()
    claim.claim(api, MACHINE, "first")
    claim.claim(api, MACHINE, "first")
    claim.check(api, "first")
    before = dict(api.objects)
    with pytest.raises(LocalError, match=r"has the stack of the clone in /clones/first\. Remove it there with"):
        claim.claim(api, MACHINE, "second")
    with pytest.raises(LostError, match="has the stack of another clone by now, that in /clones/first"):
        claim.check(api, "second")
    assert api.objects == before
    claim.release(api)
    claim.claim(api, MACHINE, "second")


def test_an_object_of_the_same_name_that_others_have_made_is_refused() -> None:
    api = FakeApi()
    api.made_by("kubectl", {**claim._CLAIM, "data": {}})
    with pytest.raises(LocalError, match="ConfigMap default/crosscloud is in the cluster already"):
        claim.claim(api, MACHINE, "first")
    claim.release(api)
    assert api.deleted == []
