"""Everything that this stack has not made is left alone by `down`, by the databases and by the way to the ingress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cluster import claim, databases, names, platform
from cluster.api import MARK, Api
from cluster.target import Target, saved
from components.kubernetes import envoy_gateway
from local.errors import LocalError, ProviderError
from local.machine import Machine, Ports
from local.provider import Handler
from local.state import Entry, State
from tests.support.program import deployed
from tests.unit.cluster.api_server import serving
from tests.unit.cluster.fakes import FakeApi

PORTS = Ports(endpoint=1, ingress=8444, issuer=3, emulator=4, postgres=5)
READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
INPUTS = {"administratorLogin": "admin", "administratorLoginPassword": "secret", "resourceGroupName": "group"}


def deployment(name: str, namespace: str = names.SERVICES) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1}}


def gateway(name: str, *ports: int) -> dict[str, Any]:
    metadata = {"name": name, "namespace": names.INGRESS}
    spec = {"listeners": [{"port": port} for port in ports]}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata, "spec": spec}


@pytest.fixture
def api() -> FakeApi:
    api = FakeApi()
    api.becomes = {"Deployment": READY}
    return api


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(root=tmp_path, home=tmp_path / ".local", ports=PORTS)


@pytest.fixture
def server(api: FakeApi, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Handler:
    """Returns the servers' handler, whose psql is not run."""
    monkeypatch.setattr(FakeApi, "run", lambda *_, **__: "")
    api.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "elsewhere"}})
    monkeypatch.setattr(databases.Server, "_administered", lambda *_: {"name": "users"})
    return databases.package(machine, api).handlers["azure-native:dbforpostgresql:Server"]


@pytest.fixture
def connected(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every target lead to the played API server."""

    @contextmanager
    def played(*_: object) -> Iterator[FakeApi]:
        yield api

    monkeypatch.setattr(platform, "connected", played)


@pytest.mark.usefixtures("connected")
def test_down_ends_the_services_of_the_stack_and_nobody_else_s(api: FakeApi, machine: Machine) -> None:
    api.apply(deployment("users"))
    api.made_by("helm", deployment("theirs"))
    platform.down(machine, Target(kubeconfig="k", context="c"), Console(quiet=True), purge=False)
    assert api.deleted == [("Deployment", names.SERVICES, "users")]


@pytest.mark.usefixtures("connected")
def test_purge_removes_what_the_stack_has_made_and_that_it_was_there(api: FakeApi, machine: Machine) -> None:
    claim.claim(api, machine, "me")
    api.apply(deployment("users"))
    api.made_by("helm", deployment("theirs"))
    state = State(machine.state_file)
    for name in ("users", "theirs"):
        entry = Entry(urn=name, type="kubernetes:apps/v1:Deployment", name=name, custom=True, id=f"apps/{name}")
        state.put(replace(entry, outputs=deployment(name)))
    target = Target(kubeconfig="k", context="c", clone="me")
    platform.down(machine, target, Console(quiet=True), purge=True)
    assert list(api.objects) == [("Deployment", names.SERVICES, "theirs")]
    assert [*State(machine.state_file)] == []


@pytest.mark.usefixtures("connected")
def test_a_cluster_of_another_clone_is_not_kept_as_the_choice(
    api: FakeApi, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform.images, "check", lambda _: None)
    monkeypatch.setattr(platform.charts, "check", lambda _: None)
    monkeypatch.setattr(platform, "up", lambda *_: None)
    target = Target(kubeconfig="k", context="c")
    platform.apply(machine, target, Console(quiet=True))
    kept = saved(machine)
    assert kept
    assert kept.clone
    platform.apply(machine, kept, Console(quiet=True))
    (machine.home / "cluster.json").unlink()
    with pytest.raises(LocalError, match="has the stack of the clone in"):
        platform.apply(machine, target, Console(quiet=True))
    assert saved(machine) is None


def test_the_ingress_is_the_stack_s_own_gateway_with_whatever_listeners(
    api: FakeApi, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    led: list[tuple[str, int]] = []
    monkeypatch.setattr(platform.relay, "put", lambda _, __, address, port: led.append((address, port)))
    monkeypatch.setattr(platform.Cluster, "_await_health", lambda _: None)
    programmed = {"type": "Programmed", "status": "True", "observedGeneration": 1}
    api.becomes |= {"Gateway": {"conditions": [programmed], "addresses": [{"value": "10.0.0.9"}]}}
    api.apply(gateway("edge", 80, PORTS.ingress))
    api.made_by("kubectl", gateway("theirs", PORTS.ingress))  # which has no status, and is not waited for
    platform.Cluster(machine, api).settle()
    assert led == [("10.0.0.9", PORTS.ingress)]


@pytest.mark.parametrize("kind", ["Namespace", "Service", "NetworkPolicy"])
def test_a_server_does_not_take_over_what_others_have_made(server: Handler, api: FakeApi, kind: str) -> None:
    metadata = {"name": "users", "namespace": names.DATABASES} if kind != "Namespace" else {"name": names.DATABASES}
    theirs = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    api.made_by("helm", theirs)
    before = dict(api.objects)
    with pytest.raises(ProviderError, match=f"{kind} .* is in the cluster already, and this stack did not make it"):
        server.create("users", INPUTS)
    assert api.objects == before
    server.abandon("users", INPUTS)
    assert api.get(theirs)


def test_the_namespace_of_the_servers_goes_with_the_last_one_unless_something_of_others_is_in_it(
    server: Handler, api: FakeApi
) -> None:
    namespace = ("Namespace", "", names.DATABASES)
    for name in ("users", "orders"):
        server.create(name, INPUTS)
    server.abandon("users", INPUTS)
    assert namespace in api.objects
    metadata = {"name": "theirs", "namespace": names.DATABASES}
    theirs = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata}
    api.made_by("helm", theirs)
    server.abandon("orders", INPUTS)
    assert {key for key in api.objects if names.DATABASES in key} == {namespace, ("StatefulSet", "databases", "theirs")}
    api.delete(theirs, timeout=1)
    server.create("orders", INPUTS)
    server.abandon("orders", INPUTS)
    assert namespace not in api.objects


def test_the_names_of_the_namespaces_are_the_program_s() -> None:
    declared = {each["metadata.name"] for each in deployed("local", False).all("core/v1:Namespace")}
    assert declared == {names.SERVICES, names.INGRESS, names.ENVOY}
    assert envoy_gateway.NAMESPACE == names.ENVOY


def test_an_object_keeps_a_mark_that_no_change_of_its_content_takes_away(tmp_path: Path) -> None:
    given = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "annotations": {"c": "d"}}}
    with serving(tmp_path) as path:
        api = Api(Target(kubeconfig=str(path), context="kind-test"))
        assert api.apply(given)["metadata"]["annotations"] == {"c": "d", MARK: "true"}
        assert api.apply(given, marked=False)["metadata"]["annotations"] == {"c": "d"}
        api.close()
