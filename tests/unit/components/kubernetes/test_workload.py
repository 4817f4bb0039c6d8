from __future__ import annotations

import pytest

from tests.support.program import STACKS, Program, deployed, run
from tests.support.services import SERVICES


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def test_a_roll_out_never_takes_a_working_pod_away(program: Program) -> None:
    spec = program.one("Deployment", "users")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["progressDeadlineSeconds"] == 300


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_new_pod_has_to_stay_ready_before_the_next_one_rolls(stack: str) -> None:
    assert deployed(stack, False).one("Deployment", "users")["spec.minReadySeconds"] > 0


def test_selectors_select_the_pods(program: Program) -> None:
    labels = program.one("Deployment", "users")["spec.template.metadata.labels"].items()
    selectors = [
        program.one("Deployment", "users")["spec.selector.matchLabels"],
        program.one("core/v1:Service", "users")["spec.selector"],
        program.one("PodDisruptionBudget", "users")["spec.selector.matchLabels"],
        program.one("NetworkPolicy", "users")["spec.podSelector.matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels


def test_pods_have_no_address_outside_of_the_cluster(program: Program) -> None:
    services = program.all("core/v1:Service")
    assert {service["spec"].get("type", "ClusterIP") for service in services} == {"ClusterIP"}
    for service in services:
        (port,) = service["spec.ports"]
        assert port["appProtocol"] == "https"


def test_secrets_are_secret(program: Program) -> None:
    secrets = program.all("core/v1:Secret")
    names = {secret.name for secret in secrets}
    assert {f"{d.name}-{kind}" for d in program.all("Deployment") for kind in ("tls", "database")} < names
    for secret in secrets:
        assert "stringData" in secret.secrets


def test_pods_wait_for_everything_that_they_mount(program: Program) -> None:
    waits = program.after(program.one("Deployment", "users"))
    needed = [
        program.one("ServiceAccount", "users"),
        *(program.one("core/v1:Secret", f"users-{x}") for x in ("tls", "database")),
    ]
    assert {resource.urn for resource in needed} <= waits


def test_another_certificate_rolls_the_pods() -> None:
    first = deployed("dev", False).one("Deployment", "users")["spec.template.metadata.annotations"]
    certificates = {"authorities": ["2026"], "epoch": "2027-02"}
    second = run(config={"crosscloud:certificates": certificates}).one("Deployment", "users")
    assert first != second["spec.template.metadata.annotations"]
    assert first.keys() == second["spec.template.metadata.annotations"].keys()


def test_service_without_public_operations_has_no_route() -> None:
    program = run(stack="prod", config={"crosscloud:services": {name: {} for name in (*SERVICES, "internal")}})
    assert {r.name for r in program.all("Deployment")} == {*SERVICES, "internal"}
    assert {r.name for r in program.all("HTTPRoute")} == set(SERVICES)
