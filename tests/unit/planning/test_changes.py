from __future__ import annotations

import json
from typing import Any

import pytest

from planning.changes import compare, leaves
from planning.plan import Planned

ROLE = "aws:iam/role:Role"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def planned(name: str, type_: str = ROLE, **p: Any) -> Planned:
    options = {key: p.pop(key) for key in ("aliases", "ignore_changes", "digests") if key in p}
    urn = f"urn:pulumi:prod::crosscloud::{type_}::{name}"
    return Planned(urn=urn, type=type_, name=name, parent="", dependencies=(), properties=p, **options)


def container(memory: str) -> dict[str, Any]:
    return {"name": "app", "env": [{"name": "A", "value": "1"}], "limits": {"memory": memory}}


def test_one_changed_limit_is_exactly_one_property() -> None:
    before, after = (planned("users", DEPLOYMENT, containers=[container(m)]) for m in ("384Mi", "512Mi"))
    (change,) = compare([before], [after])
    assert (change.operation, change.properties) == ("update", {"containers[app].limits.memory": ("384Mi", "512Mi")})


def test_one_more_in_the_middle_of_a_named_list_is_one_difference() -> None:
    before = planned("users", DEPLOYMENT, env=[{"name": "A", "value": "1"}, {"name": "C", "value": "3"}])
    after = planned("users", DEPLOYMENT, env=[{"name": "A", "value": "1"}, {"name": "B"}, {"name": "C", "value": "3"}])
    (change,) = compare([before], [after])
    assert change.properties == {"env[B].name": (None, "B")}


def test_json_in_a_text_is_compared_inside() -> None:
    before, after = (planned("r", policy=json.dumps({"Statement": [{"Action": a}]})) for a in ("s3:Get", "s3:*"))
    (change,) = compare([before], [after])
    assert change.properties == {"policy.Statement[0].Action": ("s3:Get", "s3:*")}


@pytest.mark.parametrize("text", ["{not json", "[", "plain", ""])
def test_other_texts_stay_texts(text: str) -> None:
    assert dict(leaves({"a": text})) == {"a": text}


def test_what_the_provider_can_not_change_in_place_is_a_replacement() -> None:
    before, after = (planned("r", path=text, description=text) for text in ("one", "two"))
    (change,) = compare([before], [after])
    assert (change.operation, change.replacing) == ("replace", ("path",))
    assert set(change.properties) == {"description", "path"}


def test_a_rename_is_a_deletion_and_a_creation_that_know_each_other() -> None:
    before, after = planned("old", path="/old/", a=1), planned("new", path="/new/", a=1)
    deleted, created = compare([before], [after])
    assert (deleted.operation, deleted.twin) == ("delete", after.urn)
    assert (created.operation, created.twin) == ("create", before.urn)


def test_what_differs_much_is_no_rename() -> None:
    changes = compare([planned("old", a=1, b=2, c=3)], [planned("new", a=4, b=5, c=6)])
    assert [change.twin for change in changes] == [None, None]


def test_an_alias_makes_a_rename_an_update() -> None:
    before = planned("old", a=1)
    (change,) = compare([before], [planned("new", a=2, aliases=(before.urn,))])
    assert (change.operation, change.properties) == ("update", {"a": (1, 2)})
    assert compare([before], [planned("new", a=1, aliases=(before.urn,))]) == []


def test_what_the_program_leaves_to_others_is_no_difference() -> None:
    pools = ([{"name": "system", "count": count}] for count in (1, 3))
    before, after = (planned("c", pools=p, ignore_changes=("pools[*].count",)) for p in pools)
    assert compare([before], [after]) == []
    before, after = (planned("c", spec={"rules": [rule]}, ignore_changes=("spec.rules",)) for rule in ("a", "b"))
    assert compare([before], [after]) == []


def test_a_changed_secret_is_shown_without_the_secret() -> None:
    before, after = (planned("s", url="[secret]", digests={"url": d}) for d in (b"1", b"2"))
    (change,) = compare([before], [after])
    assert change.properties == {"url": ("[secret]", "[secret], another one")}


def test_the_most_dangerous_comes_first() -> None:
    table = planned("orders", "aws:dynamodb/table:Table", hashKey="a", ttl=1)
    before = [table, planned("gone", a=1), planned("same", a=1), planned("old", z=9)]
    after = [
        planned("orders", "aws:dynamodb/table:Table", hashKey="b", ttl=1),
        planned("same", a=2),
        planned("new", z=9),
        planned("fresh", q=3, r=4),
    ]
    order = [(change.operation, change.resource.name) for change in compare(before, after)]
    assert order == [
        ("replace", "orders"),
        ("delete", "old"),
        ("create", "new"),
        ("delete", "gone"),
        ("update", "same"),
        ("create", "fresh"),
    ]
    assert compare(before, after)[0].loses == "its items"
