from __future__ import annotations

from tests.support.program import run

SERVICES: dict[str, dict[str, int]] = {"users": {"minReplicas": 2}, "billing": {"minReplicas": 3}, "analytics": {}}
WITH_INTERNAL = {**SERVICES, "internal": {"minReplicas": 4}}


def test_services_share_neither_identity_nor_database_nor_certificate() -> None:
    program = run(stack="prod", config={"crosscloud:services": SERVICES})
    for kind in (
        "FederatedIdentityCredential",
        "dbforpostgresql:Server",
        "docker:index/image:Image",
        "Deployment",
        "ServiceAccount",
        "HorizontalPodAutoscaler",
    ):
        assert {resource.name for resource in program.all(kind)} == set(SERVICES), kind
    certificates = {r.name.partition("-")[0] for r in program.all("LocallySignedCert")}
    assert set(SERVICES) < certificates
    owners = [r["objectId"] for r in program.all("AdministratorsMicrosoftEntra")]
    assert len(set(owners)) == 3


def test_services_are_sized_apart() -> None:
    program = run(stack="prod", config={"crosscloud:services": WITH_INTERNAL})
    minimum = {r.name: r["spec.minReplicas"] for r in program.all("HorizontalPodAutoscaler")}
    assert minimum == {"users": 2, "billing": 3, "analytics": 2, "internal": 4}


def test_a_service_can_be_removed_without_touching_the_others() -> None:
    before, after = (
        run(stack="prod", config={"crosscloud:services": services}) for services in (WITH_INTERNAL, SERVICES)
    )
    gone = {r.urn for r in before.resources} - {r.urn for r in after.resources}
    assert gone
    assert all(urn.rpartition("::")[2].startswith("internal") for urn in gone)
    dependents = {r.urn for r in before.resources if r.dependencies & gone}
    assert dependents <= gone
