from __future__ import annotations

from tests.support.program import run

TWO = {"crosscloud:services": {"users": {"minReplicas": 2}, "billing": {"minReplicas": 3}}}


def test_services_share_neither_identity_nor_database_nor_certificate() -> None:
    program = run(config=TWO)
    for kind in (
        "FederatedIdentityCredential",
        "dbforpostgresql:Server",
        "docker:index/image:Image",
        "Deployment",
        "ServiceAccount",
        "HorizontalPodAutoscaler",
    ):
        assert {resource.name for resource in program.all(kind)} == {"users", "billing"}, kind
    certificates = {r.name.partition("-")[0] for r in program.all("LocallySignedCert")}
    assert {"users", "billing"} < certificates
    owners = [r["objectId"] for r in program.all("AdministratorsMicrosoftEntra")]
    assert len(set(owners)) == 2


def test_services_are_sized_apart() -> None:
    minimum = {r.name: r["spec.minReplicas"] for r in run(config=TWO).all("HorizontalPodAutoscaler")}
    assert minimum == {"users": 2, "billing": 3}


def test_a_service_can_be_removed_without_touching_the_others() -> None:
    with_billing, without = run(config=TWO), run(config={"crosscloud:services": {"users": {"minReplicas": 2}}})
    gone = {r.urn for r in with_billing.resources} - {r.urn for r in without.resources}
    assert all(urn.rpartition("::")[2].startswith("billing") for urn in gone)
    dependents = {r.urn for r in with_billing.resources if r.dependencies & gone}
    assert dependents <= gone
