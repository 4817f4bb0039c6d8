from __future__ import annotations

import pytest

from planning.replacements import TABLE, replaces
from tests.support.program import STACKS, deployed, run

CLUSTER = "azure-native:containerservice:ManagedCluster"


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        (CLUSTER, "networkProfile.podCidr"),
        (CLUSTER, "dnsPrefix"),
        (CLUSTER, "location"),
        ("azure-native:dbforpostgresql:Server", "resourceGroupName"),
        ("aws:dynamodb/table:Table", "hashKey"),
        ("aws:lambda/permission:Permission", "sourceArn"),
        ("kubernetes:apps/v1:Deployment", "spec.selector.matchLabels.app"),
        ("kubernetes:gateway.networking.k8s.io/v1:Gateway", "metadata.namespace"),
        ("tls:index/locallySignedCert:LocallySignedCert", "validityPeriodHours"),
        ("random:index/randomPassword:RandomPassword", "length"),
    ],
)
def test_these_properties_replace_the_resource(type_: str, path: str) -> None:
    assert replaces(type_, path)


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        (CLUSTER, "networkProfile.loadBalancerSku"),
        (CLUSTER, "networkProfile.podCidrs[0]"),
        (CLUSTER, "kubernetesVersion"),
        (CLUSTER, "tags.owner"),
        ("aws:lambda/function:Function", "memorySize"),
        ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers[app].image"),
        ("kubernetes:core/v1:Secret", "stringData"),
        ("docker:index/image:Image", "imageName"),
    ],
)
def test_what_is_changed_in_place(type_: str, path: str) -> None:
    assert not replaces(type_, path)


def test_every_row_is_for_a_type_that_some_stack_declares() -> None:
    domain = {
        "name": "api.example.com",
        "certificateArn": f"arn:aws:acm:eu-central-1:123456789012:certificate/{'0' * 36}",
    }
    optional = run(
        config={
            "crosscloud:api": {"domain": domain},
            "crosscloud:functions": {"orchestrator": {"provisionedConcurrency": 1}},
        }
    )
    programs = (optional, *(deployed(stack, False) for stack in STACKS))
    declared = {each.type for program in programs for each in program.resources}
    known = declared | {type_.partition(":")[0] for type_ in declared}
    assert [key for key in TABLE if key not in known] == []
