"""The pack as an engine sees it: started as the engine starts it, asked over gRPC."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from planning.wire import UNKNOWN
from policy.rules import RULES
from tests.support.crossguard import sdk
from tests.support.program import ROOT, Declared, deployed

ENVIRONMENT = {
    "PULUMI_PROJECT": "crosscloud",
    "PULUMI_STACK": "prod",
    "PULUMI_DRY_RUN": "false",
    "PULUMI_CONFIG": '{"crosscloud:production": "true"}',
}
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(ROOT / "policy" / "crossguard")]
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(sdk())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port.isdigit(), port
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)  # type: ignore[no-untyped-call]
        process.kill()


def asked(resource: Declared, **changed: Any) -> Any:
    properties = json_format.ParseDict({**resource.inputs, **changed}, struct_pb2.Struct())
    options = analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect)
    return analyzer_pb2.AnalyzeRequest(
        type=resource.type, name=resource.name, urn=resource.urn, properties=properties, options=options
    )


def messages(answer: Any) -> list[tuple[str, str]]:
    return [(found.policyName, found.message) for found in answer.diagnostics]


def test_every_rule_that_needs_no_plan_is_mandatory(pack: Any) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    names = {policy.name for policy in info.policies}
    assert {rule.name for rule in RULES if not rule.plan_only} <= names
    assert {policy.enforcementLevel for policy in info.policies} == {analyzer_pb2.MANDATORY}


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "deployed"])
def test_the_program_keeps_the_rules(pack: Any, preview: bool) -> None:
    program = deployed("prod", preview)
    for resource in (resource for resource in program.resources if resource.custom):
        assert messages(pack.Analyze(asked(resource))) == [], resource.urn
    stack = analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(type=r.type, name=r.name, urn=r.urn, properties=struct_pb2.Struct())
            for r in program.resources
        ]
    )
    assert messages(pack.AnalyzeStack(stack)) == []


def test_a_violation_is_one_sentence(pack: Any) -> None:
    server = deployed("prod", False).one("dbforpostgresql:Server", "users")
    ((rule, message),) = messages(
        pack.Analyze(asked(server, network={**server["network"], "publicNetworkAccess": "Enabled"}))
    )
    assert rule == "servers-are-private"
    assert 'network.publicNetworkAccess must be "Disabled"; given "Enabled"' in message


def test_what_is_not_known_yet_is_no_violation(pack: Any) -> None:
    cluster = deployed("prod", False).one("ManagedCluster")
    assert messages(pack.Analyze(asked(cluster, disableLocalAccounts=UNKNOWN))) == []


def test_a_stack_is_judged_by_inputs_and_not_by_what_an_autoscaler_did(pack: Any) -> None:
    program = deployed("prod", False)
    deployment, scaler = program.one("Deployment", "users"), program.one("HorizontalPodAutoscaler", "users")
    seen = struct_pb2.Struct()
    seen.update({**deployment.inputs, "spec": {**deployment["spec"], "replicas": 7}})
    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(type=DEPLOYMENT, name=deployment.name, urn=deployment.urn, properties=seen),
            analyzer_pb2.AnalyzerResource(type=scaler.type, name=scaler.name, urn=scaler.urn),
        ]
    )
    for resource in (deployment, scaler):
        pack.Analyze(asked(resource))
    assert "autoscalers-own-the-replicas" not in [rule for rule, _ in messages(pack.AnalyzeStack(request))]
    pack.Analyze(asked(deployment, spec={**deployment["spec"], "replicas": 7}))
    assert "autoscalers-own-the-replicas" in [rule for rule, _ in messages(pack.AnalyzeStack(request))]
    pack.Analyze(asked(deployment))


@pytest.mark.parametrize(
    ("type_", "name", "inputs"),
    [
        ("pulumi:providers:aws", "default_7_51_1", {"region": "eu-central-1"}),
        ("pulumi:providers:azure-native", "default", {}),
        ("kubernetes:helm.sh/v4:Chart", "envoy-gateway-crds", {}),
        ("kubernetes:apps/v1:Deployment", "new", {}),
    ],
    ids=["default provider", "unversioned default provider", "remote component", "new resource that is left out"],
)
def test_what_an_engine_adds_or_shows_without_inputs_is_not_judged(
    pack: Any, type_: str, name: str, inputs: dict[str, str]
) -> None:
    urn = f"urn:pulumi:prod::crosscloud::{type_}::{name}"
    properties = json_format.ParseDict(inputs, struct_pb2.Struct())
    options = analyzer_pb2.AnalyzerResourceOptions()
    request = analyzer_pb2.AnalyzeRequest(type=type_, name=name, urn=urn, properties=properties, options=options)
    assert messages(pack.Analyze(request)) == []
    stack = analyzer_pb2.AnalyzeStackRequest(resources=[analyzer_pb2.AnalyzerResource(type=type_, name=name, urn=urn)])
    assert messages(pack.AnalyzeStack(stack)) == []


def test_a_type_that_nobody_looked_at_is_refused(pack: Any) -> None:
    type_, name = "aws:ec2/instance:Instance", "machine"
    urn = f"urn:pulumi:prod::crosscloud::{type_}::{name}"
    properties = json_format.ParseDict({"instanceType": "t4g.nano"}, struct_pb2.Struct())
    options = analyzer_pb2.AnalyzerResourceOptions()
    pack.Analyze(analyzer_pb2.AnalyzeRequest(type=type_, name=name, urn=urn, properties=properties, options=options))
    stack = analyzer_pb2.AnalyzeStackRequest(resources=[analyzer_pb2.AnalyzerResource(type=type_, name=name, urn=urn)])
    assert "every-type-was-looked-at" in [rule for rule, _ in messages(pack.AnalyzeStack(stack))]
