from __future__ import annotations

import pytest

from tests.support.program import STACKS, Program, deployed, run
from tests.support.services import SERVICES

OTHERS: dict[str, dict[str, object]] = {name: {} for name in SERVICES if name != "users"}


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def test_the_autoscaler_alone_decides_how_many_pods_there_are(program: Program) -> None:
    deployment, autoscaler = program.one("Deployment", "users"), program.one("HorizontalPodAutoscaler", "users")
    assert "replicas" not in deployment["spec"]
    target = autoscaler["spec.scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata.name"])


def test_it_looks_at_the_service_and_not_at_its_sidecars(program: Program) -> None:
    (metric,) = program.one("HorizontalPodAutoscaler", "users")["spec.metrics"]
    assert metric["type"] == "ContainerResource"
    assert metric["containerResource"]["container"] == "app"


def test_it_scales_up_at_once_and_down_slowly(program: Program) -> None:
    behaviour = program.one("HorizontalPodAutoscaler", "users")["spec.behavior"]
    assert behaviour["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_nodes_can_always_be_upgraded(program: Program) -> None:
    budget = program.one("PodDisruptionBudget", "users")["spec"]
    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_one_pod_may_always_be_missing(program: Program) -> None:
    assert program.one("HorizontalPodAutoscaler", "users")["spec.minReplicas"] >= 2


def test_another_minimum_changes_the_autoscaler_alone() -> None:
    users = {"minReplicas": 2, "maxReplicas": 6}
    before = run(stack="prod", config={"crosscloud:services": {**OTHERS, "users": users}}, preview=True)
    after = run(
        stack="prod", config={"crosscloud:services": {**OTHERS, "users": {**users, "minReplicas": 4}}}, preview=True
    )
    old = {resource.urn: resource.inputs for resource in before.resources}
    changed = [resource.type.rpartition(":")[2] for resource in after.resources if resource.inputs != old[resource.urn]]
    assert changed == ["HorizontalPodAutoscaler"]


def test_another_memory_limit_changes_one_property() -> None:
    before = run(stack="prod", config={"crosscloud:services": {**OTHERS, "users": {}}}, preview=True).one(
        "Deployment", "users"
    )
    after = run(
        stack="prod", config={"crosscloud:services": {**OTHERS, "users": {"memoryLimit": "512Mi"}}}, preview=True
    ).one("Deployment", "users")
    path = "spec.template.spec.containers.0.resources.limits.memory"
    assert (before[path], after[path]) == ("384Mi", "512Mi")
    assert str(before.inputs).replace("384Mi", "512Mi") == str(after.inputs)
