"""The Job that migrates: once for each image, before the pods roll, with an identity that they do not have."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components.kubernetes.migration_job import job_name
from tests.support.clouds import client_of, principal_of
from tests.support.program import STACKS, Declared, Program, deployed, run
from tests.support.services import SERVICES

IMAGE = "docker:index/image:Image"


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def job(program: Program, service: str = "users") -> Declared:
    return program.one("batch/v1:Job", f"{service}-migrations")


def pod(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = job(program)["spec.template.spec"]
    return found


def container(program: Program) -> dict[str, Any]:
    (found,) = pod(program)["containers"]
    return dict(found)


def test_every_service_has_one(program: Program) -> None:
    assert {each.name for each in program.all("batch/v1:Job")} == {f"{service}-migrations" for service in SERVICES}


def test_it_runs_the_migrations_of_the_pods_own_image(program: Program) -> None:
    (app,) = program.one("Deployment", "users")["spec.template.spec.containers"]
    assert container(program)["image"] == app["image"]
    assert container(program)["command"] == ["python", "-m", "app.services.kit.migrate", "users"]
    assert "initContainers" not in program.one("Deployment", "users")["spec.template.spec"]


def test_the_pods_wait_for_it(program: Program) -> None:
    for service in SERVICES:
        assert job(program, service).urn in program.after(program.one("Deployment", service))


def test_during_a_canary_both_tracks_wait_for_the_newest_image_s() -> None:
    services: dict[str, Any] = {
        name: {
            "minReplicas": 2,
            "maxReplicas": 2,
            "canary": {"previousImage": f"registry.example/{name}@sha256:{'a' * 64}", "weight": 0.9},
        }
        for name in SERVICES
    }
    program = run(stack="prod", config={"crosscloud:services": services})
    migrations = job(program)
    assert migrations["spec.template.spec.containers.0.image"].endswith("0" * 64)
    for track in ("users", "users-canary"):
        assert migrations.urn in program.after(program.one("Deployment", track))


def test_another_image_or_database_is_another_job() -> None:
    names = {job_name("users", *what) for what in (("i", "u", "v"), ("j", "u", "v"), ("i", "w", "v"), ("i", "u", "w"))}
    assert len(names) == 4
    assert job_name("users", "i", "u") == job_name("users", "i", "u")
    assert all(re.fullmatch(r"users-migrations-[0-9a-f]{8}-[0-9a-f]{8}", name) for name in names)
    assert len(job_name("x" * 20, "i")) <= 63 - 6, "the pods' names have six characters more"


def test_its_name_tells_no_secret_and_is_none(program: Program) -> None:
    assert not [path for path in job(program).secrets if path.startswith("metadata")]


def test_it_ends_in_any_case_and_stays_as_a_record(program: Program) -> None:
    spec = job(program)["spec"]
    assert spec["activeDeadlineSeconds"] == 600
    assert spec["backoffLimit"] == 2
    assert "ttlSecondsAfterFinished" not in spec
    assert pod(program)["restartPolicy"] == "Never"
    assert job(program)["metadata.annotations"] == {"pulumi.com/replaceUnready": "true"}


def test_its_time_can_be_set() -> None:
    services = {name: {"minReplicas": 2, "maxReplicas": 2, "migrationSeconds": 3600} for name in SERVICES}
    assert job(run(config={"crosscloud:services": services}))["spec.activeDeadlineSeconds"] == 3600


def test_it_is_as_confined_as_the_pods(program: Program) -> None:
    serving = program.one("Deployment", "users")["spec.template.spec"]
    assert pod(program)["securityContext"] == serving["securityContext"]
    assert container(program)["securityContext"] == serving["containers"][0]["securityContext"]
    assert pod(program)["automountServiceAccountToken"] is False
    assert [set(volume) - {"name"} for volume in pod(program)["volumes"]] == [{"emptyDir"}]
    assert set(container(program)["resources"]["requests"]) == {"cpu", "memory"}
    assert set(container(program)["resources"]["limits"]) == {"memory"}


def test_it_has_the_owner_s_url_and_the_service_s_and_pods_have_their_own_only(program: Program) -> None:
    def secrets(of: dict[str, Any]) -> dict[str, str]:
        references = {v["name"]: v["valueFrom"].get("secretKeyRef") for v in of["env"] if "valueFrom" in v}
        return {name: reference["name"] for name, reference in references.items() if reference}

    assert secrets(container(program)) == {
        "DATABASE_URL": "users-migrations",
        "SERVICE_DATABASE_URL": "users-database",
    }
    (app,) = program.one("Deployment", "users")["spec.template.spec.containers"]
    assert secrets(app) == {"DATABASE_URL": "users-database"}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_its_identity_is_not_the_pods(stack: str) -> None:
    program = deployed(stack, False)
    (serving, migrating) = (
        program.one("ServiceAccount", name)["metadata.annotations"]["azure.workload.identity/client-id"]
        for name in ("users", "users-migrations")
    )
    assert (serving, migrating) == (client_of("users"), client_of("users-migrations"))
    assert pod(program)["serviceAccountName"] == "users-migrations"
    assert program.one("Deployment", "users")["spec.template.spec.serviceAccountName"] == "users"
    subject = program.one("FederatedIdentityCredential", "users-migrations")["subject"]
    assert subject == "system:serviceaccount:apps:users-migrations"
    assert job(program)["spec.template.metadata.labels"]["azure.workload.identity/use"] == "true"
    environment = {v["name"]: v.get("value") for v in container(program)["env"]}
    assert environment["SERVICE_PRINCIPAL_ID"] == principal_of("users")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_it_lets_in_the_group_that_administers_the_server(stack: str) -> None:
    program = deployed(stack, False)
    (group,) = {
        r["principalName"] for r in program.all("AdministratorsMicrosoftEntra") if r["principalType"] == "Group"
    }
    for service in SERVICES:
        (migrate,) = job(program, service)["spec.template.spec.containers"]
        assert {v["name"]: v.get("value") for v in migrate["env"]}["PEOPLE_GROUP"] == group


def test_another_group_is_let_in_by_another_job() -> None:
    def name_with(group: str) -> str:
        people = {"objectId": "00000000-0000-0000-0000-000000000000", "name": group}
        return str(job(run(config={"crosscloud:database": {"administrators": people}}))["metadata.name"])

    assert len({name_with("on call"), name_with("operators")}) == 2


def test_nobody_reaches_it_and_it_reaches_the_database_alone(program: Program) -> None:
    policy = program.one("NetworkPolicy", "users-migrations")["spec"]
    labels = job(program)["spec.template.metadata.labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert not policy.get("ingress")
    assert policy["egress"][0]["to"][0]["ipBlock"]["cidr"] == "10.10.16.0/24"
    for service in program.all("core/v1:Service"):
        assert not service["spec.selector"].items() <= labels.items(), "a Service would send requests to it"
    for other in program.all("NetworkPolicy"):
        selector = (other["spec.podSelector"] or {}).get("matchLabels", {})
        assert other.name == "users-migrations" or not selector or not selector.items() <= labels.items()
