from __future__ import annotations

import pytest

from tests.support.program import STACKS, deployed

TAGGABLE = {"VirtualNetwork", "Registry", "ManagedCluster", "Server", "PublicIPAddress", "UserAssignedIdentity"}


@pytest.mark.parametrize("stack", STACKS)
def test_everything_on_azure_is_in_the_stack_s_group_and_place(stack: str) -> None:
    program = deployed(stack, False)
    group = program.one("resources:ResourceGroup")
    assert group["resourceGroupName"] == f"crosscloud-{stack}"
    for resource in program.resources:
        if not resource.type.startswith("azure-native:") or resource.urn == group.urn:
            continue
        assert resource["resourceGroupName"] in (f"crosscloud-{stack}", None), resource.urn
        assert resource["location"] in (group["location"], "Global", None), resource.urn


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_costs_money_is_tagged(stack: str) -> None:
    program = deployed(stack, False)
    for kind in TAGGABLE:
        found = [r for r in program.resources if r.type.startswith("azure-native:") and r.type.endswith(f":{kind}")]
        assert found, kind
        for resource in found:
            assert resource["tags"]["project"] == "crosscloud", resource.urn
