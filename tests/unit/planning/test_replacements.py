from __future__ import annotations

import pytest

from planning.replacements import replaces

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
