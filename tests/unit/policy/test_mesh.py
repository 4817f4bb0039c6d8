"""The rules of the service mesh: the program keeps them, and a weakened argument is refused."""

from __future__ import annotations

import copy
import dataclasses
import functools

import pytest

from planning.plan import plan
from policy.judge import judge
from policy.planned import stack_of
from policy.rule import Stack
from tests.support.mesh import with_mesh
from tests.support.program import ROOT
from tests.unit.policy.mutations.types import CLUSTER, NAMESPACE
from tests.unit.policy.mutations.ways import Mutation, to

PEERS, CALLERS = (
    "kubernetes:security.istio.io/v1:PeerAuthentication",
    "kubernetes:security.istio.io/v1:AuthorizationPolicy",
)
SIDE_CAR = "kubernetes:networking.istio.io/v1:Sidecar"
EVERYBODY = [{"source": {"namespaces": ["*"]}}]

MUTATIONS: tuple[tuple[str, str, str, Mutation], ...] = (
    ("services-join-the-mesh", NAMESPACE, "apps", to("metadata.labels", {"edge": "true"})),
    ("services-join-the-mesh", CLUSTER, "cluster", to("serviceMeshProfile.istio.revisions", ["asm-1-40"])),
    ("services-join-the-mesh", PEERS, "apps-strict", to("spec.selector", {"matchLabels": {"app": "users"}})),
    ("services-join-the-mesh", CALLERS, "apps-callers", to("spec.selector", {"matchLabels": {"app": "users"}})),
    ("side-cars-need-no-rights", CLUSTER, "cluster", to("serviceMeshProfile.istio.revisions", ["asm-1-29"])),
    ("peers-show-certificates", PEERS, "apps-strict", to("spec.mtls.mode", "PERMISSIVE")),
    ("peers-show-certificates", PEERS, "apps-strict", to("spec.mtls", None)),
    ("peers-show-certificates", PEERS, "apps-metrics", to("spec.portLevelMtls.8443", {"mode": "DISABLE"})),
    ("callers-in-the-mesh-are-named", CALLERS, "apps-callers", to("spec.action", "DENY")),
    ("callers-in-the-mesh-are-named", CALLERS, "apps-callers", to("spec.rules.0.from", None)),
    ("callers-in-the-mesh-are-named", CALLERS, "apps-callers", to("spec.rules.0.from", EVERYBODY)),
    ("callers-in-the-mesh-are-named", CALLERS, "apps-callers", to("spec.rules.1.to", None)),
    ("side-cars-open-the-pods-ports-only", SIDE_CAR, "apps-ports", to("spec.ingress.0.port.protocol", "HTTP")),
)


@functools.cache
def meshed() -> Stack:
    return stack_of(ROOT, "prod", plan(ROOT, "prod", config=with_mesh()))


def broken_by(stack: Stack) -> set[str]:
    return {violation.rule.name for violation in judge(stack).violations}


def test_the_program_with_a_mesh_keeps_every_rule() -> None:
    assert [str(violation) for violation in judge(meshed()).violations] == []


@pytest.mark.parametrize(("rule", "type_", "name", "mutate"), MUTATIONS)
def test_a_weakened_argument_is_refused(rule: str, type_: str, name: str, mutate: Mutation) -> None:
    (index,) = [i for i, each in enumerate(meshed().resources) if (each.type, each.name) == (type_, name)]
    resources = list(meshed().resources)
    properties = copy.deepcopy(dict(resources[index].properties))
    mutate(properties)
    resources[index] = dataclasses.replace(resources[index], properties=properties)
    assert rule in broken_by(dataclasses.replace(meshed(), resources=tuple(resources)))


@pytest.mark.parametrize("type_", [PEERS, CALLERS])
def test_a_namespace_whose_rules_are_taken_away_is_refused(type_: str) -> None:
    resources = tuple(each for each in meshed().resources if each.type != type_)
    assert "services-join-the-mesh" in broken_by(dataclasses.replace(meshed(), resources=resources))
