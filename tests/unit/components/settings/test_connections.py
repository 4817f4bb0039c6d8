"""Pods open no more connections than their database takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.services.kit.database import POOL_SIZE
from components import settings
from components.settings.connections import KEPT_FREE, PER_POD, most_replicas, pods_in_a_roll_out, taken_by
from tests.support.program import ROOT, STACKS, deployed, run
from tests.support.services import SERVICES


def test_a_pod_opens_as_many_as_its_pool_holds_and_one_for_its_readiness() -> None:
    assert PER_POD == POOL_SIZE + 1


@pytest.mark.parametrize("stack", STACKS)
def test_a_roll_out_adds_as_many_pods_as_are_counted(stack: str) -> None:
    for deployment in deployed(stack, False).all("Deployment"):
        assert deployment["spec.strategy.rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": 0}
    assert [pods_in_a_roll_out(replicas) for replicas in (1, 2, 4, 5)] == [2, 3, 5, 7]


@pytest.mark.parametrize(
    ("sku", "connections"),
    [
        ("Standard_B1ms", 35),
        ("Standard_B2s", 414),
        ("Standard_D2ds_v5", 844),
        ("Standard_D4ads_v5", 1703),
        ("Standard_D96ds_v5", 4985),
        ("Standard_E2s_v3", 1703),
        ("Standard_E20ds_v4", 4985),
        ("Standard_M8ms", None),
    ],
)
def test_what_servers_take_is_the_vendor_s_table(sku: str, connections: int | None) -> None:
    assert taken_by(sku) == connections


@pytest.mark.parametrize("connections", [9, 10, 19, 20, 35, 414, 844])
def test_the_most_pods_fit_and_one_more_would_not(connections: int) -> None:
    most = most_replicas(connections)
    assert most == 0 or pods_in_a_roll_out(most) * PER_POD + KEPT_FREE <= connections
    assert pods_in_a_roll_out(most + 1) * PER_POD + KEPT_FREE > connections


PEOPLE = {"objectId": "00000000-0000-0000-0000-000000000000", "name": "people"}


def services(**most: int) -> dict[str, dict[str, Any]]:
    own: dict[str, Any] = {name: {"minReplicas": 2, "maxReplicas": most.get(name, 2)} for name in SERVICES}
    return {"crosscloud:services": own}


def test_every_service_with_more_pods_than_connections_is_named_with_the_most() -> None:
    with pytest.raises(settings.SettingsError) as caught:
        run(config=services(users=3, billing=10))
    reason = (
        "each pod opens up to 10 connections, a roll-out adds a quarter of the pods, a canary as many again, and a "
        "Standard_B1ms takes 35"
    )
    assert caught.value.problems == (
        f"crosscloud:services.users.maxReplicas must be at most 2: {reason}; given 3",
        f"crosscloud:services.billing.maxReplicas must be at most 2: {reason}; given 10",
    )


def test_a_canary_has_connections_too() -> None:
    canary = {"previousImage": f"registry.example/users@sha256:{'a' * 64}", "weight": 0.9}
    for pods, fits in ((33, True), (34, False)):
        own = services()
        own["crosscloud:services"]["users"] = {"maxReplicas": pods, "canary": canary}
        if fits:
            run(stack="prod", config=own)
            continue
        with pytest.raises(settings.SettingsError, match=r"services\.users\.maxReplicas must be at most 33"):
            run(stack="prod", config=own)


def test_every_service_of_prod_can_have_a_canary() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    for name, own in config["crosscloud:services"].items():
        own["canary"] = {"previousImage": f"registry.example/{name}@sha256:{'a' * 64}", "weight": 0.9}
    run(stack="prod", config={"crosscloud:services": config["crosscloud:services"]})


def test_a_larger_server_takes_more_and_one_that_nobody_measured_is_left_to_whoever_chose_it() -> None:
    for sku in ("Standard_B2s", "Standard_M8ms"):
        run(config={**services(users=30), "crosscloud:database": {"sku": sku, "administrators": PEOPLE}})
