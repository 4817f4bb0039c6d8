from __future__ import annotations

import json
from typing import Any

from planning.changes import Change, compare
from planning.plan import Planned
from planning.report import LIMIT, as_json, as_markdown, as_text


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
    after = [GROUP, planned("role", parent=GROUP.urn, policy={"allow": ["a"]}, description="x"), planned("new")]
    changes = compare([GROUP, ROLE, CODE], after)
    assert as_text(after, changes).splitlines() == [
        "- aws:lambda/function:Function code (Function orchestrator)",
        "! aws:iam/role:Role role (Function orchestrator)",
        '      description: absent -> "x"',
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


CLUSTER = "azure-native:containerservice:ManagedCluster"


def test_a_replacement_stands_first_with_what_it_loses() -> None:
    before = [planned("cluster", CLUSTER, networkProfile={"podCidr": "10.244.0.0/16"})]
    after = [planned("cluster", CLUSTER, networkProfile={"podCidr": "10.245.0.0/16"}), planned("new")]
    text = as_markdown("prod", after, compare(before, after))
    what = "replaces ManagedCluster cluster (stack) and loses everything that runs in it"
    assert text.splitlines()[2:4] == [
        "> **Look at this first**  ",
        f"> {what}, because of networkProfile.podCidr  ",
    ]
    assert '      networkProfile.podCidr: "10.244.0.0/16" -> "10.245.0.0/16"  # replaces' in text.splitlines()


def test_a_rename_is_flagged_with_the_way_out() -> None:
    before, after = [planned("old", a=1)], [planned("new", a=1)]
    lines = as_text(after, compare(before, after)).splitlines()
    assert lines[0].startswith("renames Role old (stack) to Role new: one is deleted, another created; an alias")
    assert lines[1:] == [
        "- aws:iam/role:Role old (stack) renamed to Role new",
        "+ aws:iam/role:Role new (stack) renamed from Role old",
    ]


def test_nothing_in_a_plan_is_markdown_or_html_of_its_own() -> None:
    evil = "x\n```\n<img src=//evil>@everyone"
    before, after = [planned(evil, **{evil: 1})], [planned(evil, **{evil: "\n```\n# hi"}), planned(evil + "2")]
    for changes in (compare(before, after), compare(before, [])):
        text = as_markdown("prod", after, changes)
        assert [line for line in text.splitlines() if line.startswith("```")] == ["```diff", "```"]
        assert "<img" not in text
        assert "@everyone" not in text


def test_a_long_plan_is_cut_and_says_so() -> None:
    after = [planned("many", **{f"key{i}": "v" * 100 for i in range(1000)})]
    before = [planned("many", **{f"key{i}": "w" * 100 for i in range(1000)})]
    text = as_markdown("prod", after, compare(before, after))
    assert len(text) < LIMIT + 500
    assert "lines more: ./crosscloud planning plan --stack prod" in text
    assert text.endswith("```")


def test_json_holds_no_digest_of_a_secret() -> None:
    secret = Planned(**{**vars(ROLE), "digests": {"policy": b"digest"}})
    change = Change(operation="update", resource=secret, properties={})
    assert "digest" not in as_json("prod", [secret], [change])
