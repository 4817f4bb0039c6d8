from __future__ import annotations

import pytest

from planning.changes import compare
from planning.plan import Planned
from policy.changes import judge_changes

CLUSTER = "azure-native:containerservice:ManagedCluster"
TABLE = "aws:dynamodb/table:Table"


def planned(type_: str, name: str, **properties: object) -> Planned:
    urn = f"urn:pulumi:prod::crosscloud::{type_}::{name}"
    return Planned(urn=urn, type=type_, name=name, parent="", dependencies=(), properties=properties)


def sentences(before: list[Planned], after: list[Planned]) -> list[str]:
    return [str(violation) for violation in judge_changes(compare(before, after))]


@pytest.mark.parametrize("part", ["podCidr", "serviceCidr", "networkPlugin", "outboundType", "networkPolicy"])
def test_another_network_profile_would_replace_the_cluster(part: str) -> None:
    before = planned(CLUSTER, "cluster", networkProfile={part: "one"})
    (sentence,) = sentences([before], [planned(CLUSTER, "cluster", networkProfile={part: "two"})])
    assert f"networkProfile.{part} must stay 'one'; given \"two\"" in sentence
    assert "loses everything that runs in it" in sentence


def test_what_is_updated_in_place_may_change() -> None:
    before = planned(CLUSTER, "cluster", networkProfile={"loadBalancerSku": "basic"}, kubernetesVersion="1.35")
    after = planned(CLUSTER, "cluster", networkProfile={"loadBalancerSku": "standard"}, kubernetesVersion="1.36")
    assert sentences([before], [after]) == []


def test_deleting_a_table_is_refused_and_renaming_it_names_the_alias() -> None:
    before = planned(TABLE, "orders", hashKey="id", billingMode="PAY_PER_REQUEST")
    (deleted,) = sentences([before], [])
    assert "must stay; given" in deleted
    (renamed,) = sentences([before], [planned(TABLE, "purchases", hashKey="id", billingMode="PAY_PER_REQUEST")])
    assert "alias" in renamed


def test_what_can_be_made_again_may_go() -> None:
    assert sentences([planned("aws:iam/role:Role", "role")], []) == []
