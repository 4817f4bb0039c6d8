"""A server follows what is chosen for it, and has a certificate of this clone's authority."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cluster import databases
from local.machine import Machine, Ports
from local.provider import Updatable
from tests.unit.cluster.fakes import FakeApi

PORTS = Ports(endpoint=1, ingress=8444, issuer=3, emulator=4, postgres=5)
READY = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
INPUTS = {"administratorLogin": "admin", "administratorLoginPassword": "secret", "resourceGroupName": "group"}
SECRET, DEPLOYMENT = ("Secret", "databases", "users"), ("Deployment", "databases", "users")


class Cluster(FakeApi):
    """One that keeps Secrets as a cluster does, and whose Deployments are ready."""

    def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
        applied = super().apply(manifest)
        if texts := applied.pop("stringData", None):
            applied["data"] = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        if manifest["kind"] == "Deployment":
            applied["status"] = {**READY, "observedGeneration": applied["metadata"]["generation"]}
        return applied


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(databases.Server, "_administered", lambda _, name, __: {"name": name})
    return Cluster()


def server(api: Cluster, home: Path) -> Updatable:
    handler = databases.package(Machine(root=home, home=home, ports=PORTS), api).handlers
    found = handler["azure-native:dbforpostgresql:Server"]
    assert isinstance(found, Updatable)
    return found


def image(api: Cluster) -> str:
    (container,) = api.objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def test_another_image_is_a_change_that_reaches_the_server(api: Cluster, tmp_path: Path) -> None:
    servers = server(api, tmp_path)
    before = servers.fingerprint(INPUTS)
    made = servers.create("users", INPUTS)
    secret = api.objects[SECRET]
    api.target = replace(api.target, postgres="postgres:another")
    assert servers.fingerprint(INPUTS) != before
    servers.update(made.id, INPUTS, INPUTS, made.outputs)
    assert image(api) == "postgres:another"
    assert api.objects[SECRET] is secret
    assert api.deleted == []


def test_the_certificate_of_another_authority_does_not_stay(api: Cluster, tmp_path: Path) -> None:
    server(api, tmp_path / "first").create("users", INPUTS)
    before = api.objects[SECRET]["data"]
    server(api, tmp_path / "second").create("users", INPUTS)
    assert api.objects[SECRET]["data"] != before
    assert api.deleted == [DEPLOYMENT], "its process has read the certificate before"
    assert DEPLOYMENT in api.objects
