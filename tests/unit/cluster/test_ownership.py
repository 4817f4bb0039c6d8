"""Everything that this stack has not made is left alone by `down`, by the databases and by the way to the ingress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cluster import claim, databases, helm, names, ownership, platform
from cluster.api import MARK, Api
from cluster.connection import LostError
from cluster.target import Target, saved
from components.kubernetes import envoy_gateway
from local.errors import LocalError, ProviderError
from local.machine import Machine, Ports
from local.provider import Handler
from local.state import Entry, State
from tests.support.program import deployed
from tests.unit.cluster.api_server import serving
from tests.unit.cluster.fakes import FakeApi
from tests.unit.cluster.played_helm import CONTROLLER, PlayedHelm

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
def test_purge_keeps_the_controller_while_it_serves_others_and_says_so(
    api: FakeApi, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = PlayedHelm(api)
    monkeypatch.setattr(helm, "run", played)
    played.has("envoy", "deployed", **{helm.LABEL: helm.VALUE})
    api.made_by("helm", CONTROLLER)
    api.apply(namespace := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.ENVOY}})
    spec = {"controllerName": names.CONTROLLER}
    theirs = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "theirs"}}
    api.made_by("kubectl", {**theirs, "spec": spec})
    state = State(machine.state_file)
    release = {"release": "envoy", "namespace": names.ENVOY}
    release_entry = Entry(urn="1", type="kubernetes:helm.sh/v3:Release", name="envoy", custom=True, id="1")
    state.put(replace(release_entry, outputs=release, dependencies=("2",)))
    kept = Entry(urn="2", type="kubernetes:core/v1:Namespace", name=names.ENVOY, custom=True, id="2")
    state.put(replace(kept, outputs=namespace))
    console = Console(width=1000)
    with console.capture() as capture:
        platform.down(machine, Target(kubeconfig="k", context="c", clone="me"), console, purge=True)
    assert capture.get() == (
        "What this stack has installed of Envoy Gateway stays, because it serves GatewayClasses of others: theirs.\n"
    )
    assert (played.ran, api.deleted) == ([], [])
    assert not ownership.is_ours(api.objects["Namespace", "", names.ENVOY])


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("there", [True, False])
def test_purge_without_a_state_removes_nothing_silently(api: FakeApi, machine: Machine, *, there: bool) -> None:
    claim.claim(api, machine, "me")
    target = Target(kubeconfig="k", context="c", clone="me")
    if not there:
        platform.down(machine, target, Console(quiet=True), purge=True)
        assert api.objects == {}
        return
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.SERVICES}})
    api.made_by("helm", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.ENVOY}})
    with pytest.raises(LostError, match=r"state\.json is missing, .* \(kubectl delete namespace apps\)\."):
        platform.down(machine, target, Console(quiet=True), purge=True)
    assert api.deleted == []


@pytest.mark.usefixtures("connected")
def test_purge_of_what_it_does_not_know_is_a_sentence_before_anything_goes(api: FakeApi, machine: Machine) -> None:
    api.apply(deployment("users"))
    state = State(machine.state_file)
    known = Entry(urn="users", type="kubernetes:apps/v1:Deployment", name="users", custom=True, id="apps/users")
    state.put(replace(known, outputs=deployment("users")))
    state.put(Entry(urn="new", type="kubernetes:example.com/v1:New", name="new", custom=True, id="new"))
    target = Target(kubeconfig="k", context="c", clone="me")
    with pytest.raises(LocalError, match=r"does not know to remove: kubernetes:example\.com/v1:New\. Use the version"):
        platform.down(machine, target, Console(quiet=True), purge=True)
    assert api.deleted == []


@pytest.mark.usefixtures("connected")
def test_a_cluster_of_another_clone_is_not_kept_as_the_choice(
    api: FakeApi, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform.images, "check", lambda _: None)
    monkeypatch.setattr(platform.charts, "check", lambda _: None)
    monkeypatch.setattr(platform, "up", lambda *_, **__: None)
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


def test_a_server_of_the_same_name_that_others_have_made_is_not_the_stack_s(server: Handler, api: FakeApi) -> None:
    made = server.create("users", INPUTS)
    assert server.exists(made.id, made.outputs)
    api.delete(deployment("users", names.DATABASES), timeout=1)
    assert not server.exists(made.id, made.outputs)
    api.made_by("helm", deployment("users", names.DATABASES))
    assert not server.exists(made.id, made.outputs)


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
    with pytest.raises(ProviderError, match="Namespace databases is in the cluster already, and this stack did not"):
        server.create("orders", INPUTS)
    for each in (theirs, api.objects[namespace]):
        api.delete(each, timeout=1)
    server.create("orders", INPUTS)
    server.abandon("orders", INPUTS)
    assert namespace not in api.objects


def test_the_names_of_the_namespaces_are_the_program_s() -> None:
    declared = {each["metadata.name"] for each in deployed("local", False).all("core/v1:Namespace")}
    assert declared == {names.SERVICES, names.INGRESS, names.ENVOY}
    assert envoy_gateway.NAMESPACE == names.ENVOY
    assert envoy_gateway.CONTROLLER == names.CONTROLLER
    ((key, value),) = envoy_gateway.CONTROLLER_PODS.items()
    assert {"label_selector": f"{key}={value}"} == ownership.CONTROLLER


def test_an_object_keeps_a_mark_that_no_change_of_its_content_takes_away(tmp_path: Path) -> None:
    given = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "annotations": {"c": "d"}}}
    with serving(tmp_path) as path:
        api = Api(Target(kubeconfig=str(path), context="kind-test"))
        assert api.apply(given)["metadata"]["annotations"] == {"c": "d", MARK: "true"}
        assert api.apply(given, marked=False)["metadata"]["annotations"] == {"c": "d"}
        api.close()
