from __future__ import annotations

import pytest

from tests.support.program import STACKS, Program, deployed, run


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def test_a_roll_out_never_takes_a_working_pod_away(program: Program) -> None:
    spec = program.one("Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["progressDeadlineSeconds"] == 300


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_new_pod_has_to_stay_ready_before_the_next_one_rolls(stack: str) -> None:
    assert deployed(stack, False).one("Deployment")["spec.minReadySeconds"] > 0


def test_selectors_select_the_pods(program: Program) -> None:
    labels = program.one("Deployment")["spec.template.metadata.labels"].items()
    selectors = [
        program.one("Deployment")["spec.selector.matchLabels"],
        program.one("core/v1:Service")["spec.selector"],
        program.one("PodDisruptionBudget")["spec.selector.matchLabels"],
        program.one("NetworkPolicy", "users")["spec.podSelector.matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels


def test_pods_have_no_address_outside_of_the_cluster(program: Program) -> None:
    services = program.all("core/v1:Service")
    assert [service["spec"].get("type", "ClusterIP") for service in services] == ["ClusterIP"]
    (port,) = services[0]["spec.ports"]
    assert port["appProtocol"] == "https"


def test_secrets_are_secret(program: Program) -> None:
    secrets = program.all("core/v1:Secret")
    assert len(secrets) == 3
    for secret in secrets:
        assert "stringData" in secret.secrets


def test_pods_wait_for_everything_that_they_mount(program: Program) -> None:
    waits = program.after(program.one("Deployment"))
    needed = [
        program.one("ServiceAccount"),
        *(program.one("core/v1:Secret", f"users-{x}") for x in ("tls", "database")),
    ]
    assert {resource.urn for resource in needed} <= waits


def test_another_certificate_rolls_the_pods() -> None:
    first = deployed("dev", False).one("Deployment")["spec.template.metadata.annotations"]
    certificates = {"authority": "2026", "epoch": "2027-02"}
    second = run(config={"crosscloud:certificates": certificates}).one("Deployment")
    assert first != second["spec.template.metadata.annotations"]
    assert first.keys() == second["spec.template.metadata.annotations"].keys()


def test_service_without_public_operations_has_no_route() -> None:
    service = {"minReplicas": 2}
    program = run(config={"crosscloud:services": {"users": service, "internal": service}})
    assert {r.name for r in program.all("Deployment")} == {"users", "internal"}
    assert {r.name for r in program.all("HTTPRoute")} == {"users"}
