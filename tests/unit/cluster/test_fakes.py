"""The API server in memory answers as a real one does, where the code of `cluster` depends on it."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.api import MARK
from cluster.ownership import is_ours, is_shared
from tests.unit.cluster.fakes import FakeApi


def pod(name: str, *, namespace: str = "apps", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", ["a", "b", "c"]),
        ("app=users", ["a", "b"]),
        ("app=users,track=canary", ["b"]),
        ("app!=users", ["c"]),
        ("track", ["b"]),
        ("!track", ["a", "c"]),
        ("app=nobody", []),
    ],
)
def test_objects_are_selected_by_their_labels(selector: str, selected: list[str]) -> None:
    api = FakeApi()
    for each in (pod("a", app="users"), pod("b", app="users", track="canary"), pod("c", app="billing")):
        api.apply(each)
    api.apply(pod("d", namespace="other", app="users"))
    found = api.select("v1", "Pod", namespace="apps", label_selector=selector)
    assert [each["metadata"]["name"] for each in found] == selected
    assert api.select("example.com/v1", "Pod", namespace="apps") == []


def test_an_apply_without_fields_takes_away_what_was_set_before_and_nothing_of_others() -> None:
    api, bare = FakeApi(), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}}
    api.made_by("helm", {**bare, "metadata": {"name": "apps", "labels": {"theirs": "1", "both": "1"}}})
    api.apply({**bare, "metadata": {"name": "apps", "labels": {"ours": "1", "both": "1"}}})
    both = api.get(bare)
    assert both
    assert both["metadata"]["labels"] == {"theirs": "1", "both": "1", "ours": "1"}
    assert both["metadata"]["annotations"] == {MARK: "true"}
    assert is_shared(both)
    left = api.apply(bare, marked=False)
    assert left["metadata"]["labels"] == {"theirs": "1", "both": "1"}
    assert "annotations" not in left["metadata"]
    assert not is_ours(left)


def test_a_field_that_is_left_out_of_the_next_apply_goes() -> None:
    api, given = FakeApi(), pod("a", app="users")
    api.apply({**given, "spec": {"containers": [], "hostNetwork": True}})
    applied = api.apply({**given, "spec": {"containers": []}})
    assert applied["spec"] == {"containers": []}
    assert is_ours(applied)
