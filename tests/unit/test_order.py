"""The order in which the clouds delete things: what depends on something goes before it.

Each line says that every resource of the first type goes before one of the second that it uses.
"""

from __future__ import annotations

import pytest

from tests.support.program import Declared, Program, deployed

IN_THE_CLUSTER = [
    ("HorizontalPodAutoscaler", "Deployment"),
    ("PodDisruptionBudget", "Deployment"),
    ("Deployment", "ServiceAccount"),
    ("Deployment", "core/v1:Secret"),
    ("Deployment", "core/v1:Namespace"),
    ("BackendTrafficPolicy", "HTTPRoute"),
    ("HTTPRoute", "BackendTLSPolicy"),
    ("HTTPRoute", "core/v1:Service"),
    ("HTTPRoute", "Gateway"),
    ("SecurityPolicy", "Gateway"),
    ("ClientTrafficPolicy", "Gateway"),
    ("Gateway", "EnvoyProxy"),
    ("Gateway", "GatewayClass"),
    ("Gateway", "helm.sh/v3:Release"),
    ("GatewayClass", "helm.sh/v3:Release"),
    ("EnvoyProxy", "helm.sh/v3:Release"),
    ("helm.sh/v3:Release", "helm.sh/v4:Chart"),
    ("helm.sh/v3:Release", "core/v1:Namespace"),
    ("NetworkPolicy", "core/v1:Namespace"),
]
"""Workloads before the ingress, the ingress before its controller, that before what it is made of."""
ON_AZURE = [
    ("pulumi:providers:kubernetes", "ManagedCluster"),
    ("Deployment", "dbforpostgresql:Server"),
    ("Deployment", "FederatedIdentityCredential"),
    ("FederatedIdentityCredential", "UserAssignedIdentity"),
    ("Deployment", "batch/v1:Job"),
    ("batch/v1:Job", "AdministratorsMicrosoftEntra"),
    ("batch/v1:Job", "FederatedIdentityCredential"),
    ("batch/v1:Job", "ServiceAccount"),
    ("batch/v1:Job", "core/v1:Secret"),
    ("batch/v1:Job", "NetworkPolicy"),
    ("AdministratorsMicrosoftEntra", "dbforpostgresql:Server"),
    ("dbforpostgresql:Server", "VirtualNetworkLink"),
    ("dbforpostgresql:Server", "network:Subnet"),
    ("network:Subnet", "VirtualNetwork"),
    ("DataCollectionRuleAssociation", "ManagedCluster"),
    ("DataCollectionRuleAssociation", "DataCollectionRule"),
    ("MetricAlert", "ActionGroup"),
    ("ManagedCluster", "RoleAssignment"),
    ("ManagedCluster", "PublicIPAddress"),
    ("ManagedCluster", "network:Subnet"),
    ("RoleAssignment", "UserAssignedIdentity"),
    ("VirtualNetwork", "resources:ResourceGroup"),
]
"""The cluster's roles outlive it: it takes its nodes out of the network by them. A server's administrators are there
before the Job that makes the database, which is before the pods."""
ON_AWS = [
    ("apigatewayv2/stage:Stage", "apigatewayv2/route:Route"),
    ("apigatewayv2/route:Route", "apigatewayv2/integration:Integration"),
    ("apigatewayv2/integration:Integration", "lambda/alias:Alias"),
    ("lambda/alias:Alias", "lambda/function:Function"),
    ("lambda/function:Function", "iam/rolePolicy:RolePolicy"),
    ("lambda/function:Function", "cloudwatch/logGroup:LogGroup"),
    ("iam/rolePolicy:RolePolicy", "iam/role:Role"),
    ("lambda/eventSourceMapping:EventSourceMapping", "lambda/alias:Alias"),
    ("lambda/eventSourceMapping:EventSourceMapping", "sqs/queue:Queue"),
    ("lambda/eventSourceMapping:EventSourceMapping", "iam/rolePolicy:RolePolicy"),
    ("cloudwatch/eventTarget:EventTarget", "sqs/queuePolicy:QueuePolicy"),
    ("cloudwatch/eventTarget:EventTarget", "cloudwatch/eventRule:EventRule"),
    ("cloudwatch/eventRule:EventRule", "cloudwatch/eventBus:EventBus"),
    ("sqs/queuePolicy:QueuePolicy", "sqs/queue:Queue"),
    ("secretsmanager/secretVersion:SecretVersion", "secretsmanager/secret:Secret"),
    ("sns/topicPolicy:TopicPolicy", "sns/topic:Topic"),
]
"""Event sources before queues and roles: Lambda takes messages in the function's role until the mapping is gone."""


@pytest.fixture(params=["dev", "prod"])
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def of(program: Program, type_: str) -> list[Declared]:
    found = program.all(type_)
    assert found, type_
    return found


@pytest.mark.parametrize(("first", "then"), [*IN_THE_CLUSTER, *ON_AZURE, *ON_AWS])
def test_what_uses_goes_before_what_is_used(program: Program, first: str, then: str) -> None:
    used = {resource.urn for resource in of(program, then)}
    assert [resource.urn for resource in of(program, first) if not program.after(resource) & used] == []


def test_everything_in_the_cluster_goes_before_it_and_is_deleted_for_that(program: Program) -> None:
    cluster = program.one("ManagedCluster").urn
    objects = [resource for resource in program.resources if resource.type.startswith("kubernetes:")]
    assert len(objects) > 50
    assert [resource.urn for resource in objects if cluster not in program.after(resource)] == []
    assert {resource.deleted_with for resource in objects} == {""}


def test_a_target_is_made_long_after_the_role_that_it_names(program: Program) -> None:
    """IAM takes seconds to know a role, and the provider reads a queue's policy for half a minute before it goes on."""
    named = [t for t in of(program, "cloudwatch/eventTarget:EventTarget") if t["roleArn"]]
    assert named
    for target in named:
        policies = [p for p in program.all("sqs/queuePolicy:QueuePolicy") if p.urn in program.after(target)]
        roles = {r.urn for r in program.all("iam/role:Role") if r.urn in program.after(target)}
        assert any(roles & program.after(policy) for policy in policies), target.urn


def test_everything_of_the_network_goes_after_the_cluster(program: Program) -> None:
    waits = program.after(program.one("ManagedCluster"))
    for kind in (
        "VirtualNetwork",
        "network:Subnet",
        "PublicIPAddress",
        "NatGateway",
        "privatedns:PrivateZone",
        "VirtualNetworkLink",
    ):
        assert {resource.urn for resource in program.all(kind)} <= waits, kind


def test_a_server_s_administrators_come_one_after_the_other_and_go_with_it(program: Program) -> None:
    """A server takes one change at a time, and Azure can't take a role away that owns tables."""
    administrators = of(program, "AdministratorsMicrosoftEntra")
    for server in of(program, "dbforpostgresql:Server"):
        own = [each for each in administrators if each.deleted_with == server.urn]
        assert {each["principalType"] for each in own} == {"Group", "ServicePrincipal"}
        first, second = sorted(own, key=lambda each: len(program.after(each)))
        assert first.urn in second.dependencies
        assert server.urn in first.dependencies
        assert {len(each.error_hooks) for each in own} == {1}


def test_a_custom_resource_is_deleted_before_another_takes_its_name(program: Program) -> None:
    custom = [resource for resource in program.resources if resource.type.startswith("kubernetes:gateway.")]
    assert custom
    assert {resource.delete_before_replace for resource in custom} == {True}
