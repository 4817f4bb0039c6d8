from __future__ import annotations

from itertools import pairwise
from unittest import mock

import pulumi

from tests.support import services
from tests.support.clouds import principal_of
from tests.support.program import run, whole

SERVICES: dict[str, dict[str, int]] = {
    name: {"minReplicas": 2 + number} for number, name in enumerate(services.SERVICES)
}
WITH_INTERNAL = {**SERVICES, "internal": {"minReplicas": 9}}
"""The services with one more, which the contract does not call."""


def test_services_share_neither_identity_nor_database_nor_certificate() -> None:
    program = run(stack="prod", config={"crosscloud:services": SERVICES})
    for kind in ("dbforpostgresql:Server", "docker:index/image:Image", "Deployment", "HorizontalPodAutoscaler"):
        assert {resource.name for resource in program.all(kind)} == set(SERVICES), kind
    migrations = {f"{service}-migrations" for service in SERVICES}
    for kind in ("FederatedIdentityCredential", "ServiceAccount"):
        assert {resource.name for resource in program.all(kind)} == {*SERVICES, *migrations}, kind
    certificates = {r.name.partition("-")[0] for r in program.all("LocallySignedCert")}
    assert set(SERVICES) < certificates
    administrators = program.all("AdministratorsMicrosoftEntra")
    owners = {r["objectId"] for r in administrators if r["principalType"] == "ServicePrincipal"}
    assert owners == {principal_of(name) for name in migrations}


def test_services_are_sized_apart() -> None:
    program = run(stack="prod", config={"crosscloud:services": WITH_INTERNAL})
    minimum = {r.name: r["spec.minReplicas"] for r in program.all("HorizontalPodAutoscaler")}
    assert minimum == {name: settings["minReplicas"] for name, settings in WITH_INTERNAL.items()}


def test_a_service_can_be_removed_without_touching_the_others() -> None:
    before, after = (
        run(stack="prod", config={"crosscloud:services": services}) for services in (WITH_INTERNAL, SERVICES)
    )
    gone = {r.urn for r in before.resources} - {r.urn for r in after.resources}
    assert gone
    assert all(urn.rpartition("::")[2].startswith("internal") for urn in gone)
    dependents = {r.urn for r in before.resources if r.dependencies & gone}
    assert dependents <= gone


def test_each_further_service_adds_as_many_resources_and_outputs_as_the_one_before() -> None:
    """So a program of many services takes time in proportion to them. Counts tell it, whatever the machine does."""
    track, sizes = pulumi.Output._track, []
    for more in (2, 4, 6):
        others = {f"internal{letter}": {"minReplicas": 2} for letter in "abcdef"[:more]}
        with mock.patch.object(pulumi.Output, "_track", autospec=True, side_effect=track) as tracked:
            program = run(whole, stack="prod", config={"crosscloud:services": {**SERVICES, **others}})
        sizes.append((len(program.resources), tracked.call_count))
    assert sizes[0][1] > sizes[0][0] > 0
    first, second = ([after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(sizes))
    assert first == second
