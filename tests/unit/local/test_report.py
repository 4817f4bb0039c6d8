from __future__ import annotations

import json
from typing import Any

from local.plan import Change, Planned, as_json, compare
from local.report import as_markdown, as_text


def planned(
    name: str, type_: str = "aws:iam/role:Role", parent: str = "", needs: tuple[str, ...] = (), **p: Any
) -> Planned:
    urn = f"urn:pulumi:prod::crosscloud::{type_}::{name}"
    return Planned(urn=urn, type=type_, name=name, parent=parent, dependencies=needs, properties=p)


GROUP = planned("orchestrator", "crosscloud:aws:Function")
ROLE = planned("role", parent=GROUP.urn, policy={"allow": ["a", "b"]})
CODE = planned("code", "aws:lambda/function:Function", parent=GROUP.urn, needs=(ROLE.urn, GROUP.urn), memory=512)


def test_resources_stand_under_their_component_with_what_they_wait_for() -> None:
    assert as_text([GROUP, ROLE, CODE], None).splitlines() == [
        "crosscloud:aws:Function orchestrator",
        "  aws:iam/role:Role role",
        "  aws:lambda/function:Function code  <- Role role",
        "3 resources",
    ]


def test_differences_are_listed_property_by_property_deletions_first() -> None:
    after = [GROUP, planned("role", parent=GROUP.urn, policy={"allow": ["a"]}, path="/x"), planned("new")]
    changes = compare([GROUP, ROLE, CODE], after)
    assert as_text(after, changes).splitlines() == [
        "- aws:lambda/function:Function code (Function orchestrator)",
        "~ aws:iam/role:Role role (Function orchestrator)",
        '      path: absent -> "/x"',
        '      policy.allow[1]: "b" -> absent',
        "+ aws:iam/role:Role new (stack)",
    ]
    assert as_markdown("prod", after, changes).startswith("### prod: 1 added, 1 changed, 1 deleted\n")


def test_equal_plans_have_no_differences() -> None:
    assert compare([GROUP, ROLE], [GROUP, ROLE]) == []
    assert "no differences" in as_markdown("dev", [GROUP], [])


def test_json_carries_resources_and_changes() -> None:
    change = Change(operation="update", resource=ROLE, properties={"path": (None, "/")})
    content = json.loads(as_json("prod", [ROLE], [change]))
    assert content["resources"][0]["properties"] == {"policy": {"allow": ["a", "b"]}}
    assert content["changes"][0]["properties"] == {"path": [None, "/"]}
    assert "changes" not in json.loads(as_json("prod", [ROLE], None))
