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


@pytest.mark.parametrize("data", [None, {}, {"folder": "/clones/first"}])
def test_a_damaged_claim_is_a_sentence(data: dict[str, str] | None) -> None:
    api = FakeApi()
    api.apply(claim._CLAIM if data is None else {**claim._CLAIM, "data": data})
    for act in (lambda: claim.claim(api, MACHINE, "first"), lambda: claim.check(api, "first")):
        with pytest.raises(LocalError, match=r"ConfigMap default/crosscloud .* is damaged: .* delete it") as it:
            act()
        assert not isinstance(it.value, LostError), "the stack may still be there"


def test_a_claim_without_a_folder_is_still_another_clone_s() -> None:
    api = FakeApi()
    api.apply({**claim._CLAIM, "data": {"clone": "second"}})
    with pytest.raises(LostError, match="of another clone by now, that in a folder that it does not name"):
        claim.check(api, "first")


def test_an_object_of_the_same_name_that_others_have_made_is_refused() -> None:
    api = FakeApi()
    api.made_by("kubectl", {**claim._CLAIM, "data": {}})
    with pytest.raises(LocalError, match="ConfigMap default/crosscloud is in the cluster already"):
        claim.claim(api, MACHINE, "first")
    claim.release(api)
    assert api.deleted == []
