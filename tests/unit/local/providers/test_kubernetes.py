"""The kubernetes provider against a cluster in memory, and against the objects of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local import desired
from local.desired import Object, digest_of
from local.engine import Engine
from local.errors import LocalError, ProviderError
from local.kubernetes.manifests import key_of_manifest
from local.machine import Machine, write_json
from local.provider import Package, Properties
from local.providers import kubernetes
from local.providers.kubernetes import Job, Manifest, Secret, package
from local.state import State
from planning.run import Registration
from planning.wire import is_secret, secret

DEPLOYMENT: Properties = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {}}},
}


class Memory:
    """A cluster that remembers."""

    def __init__(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = machine
        self.calls: list[str] = []
        self.failure = ""
        monkeypatch.setattr(Manifest, "apply", lambda _, manifest: self.apply(manifest))
        monkeypatch.setattr(Manifest, "withdraw", lambda _, manifest: self.withdraw(manifest))
        monkeypatch.setattr(kubernetes.jobs, "run", lambda job, _: self.complete(job))

    @property
    def objects(self) -> dict[str, Object]:
        return {_name(manifest): manifest for manifest in desired.read_all(self.machine).values()}

    def clear(self) -> None:
        for key in desired.read_all(self.machine):
            desired.remove(self.machine, key)

    def apply(self, manifest: Object) -> Object:
        self.calls.append(f"apply {_name(manifest)}")
        desired.put(self.machine, key_of_manifest(manifest), manifest)
        return {**manifest, "status": {"readyReplicas": 1}}

    def complete(self, job: Object) -> None:
        self.calls.append(f"complete {_name(job)}")
        if self.failure:
            raise ProviderError(self.failure)

    def withdraw(self, manifest: Object) -> None:
        self.calls.append(f"delete {_name(manifest)}")
        desired.remove(self.machine, key_of_manifest(manifest))


def _name(manifest: Object) -> str:
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', '-')}/{metadata['name']}"


@pytest.fixture
def memory(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Memory:
    return Memory(machine, monkeypatch)


class Program:
    """Registrations of one resource, run after run."""

    def __init__(self, tmp_path: Path, packages: list[Package]) -> None:
        self._state, self._packages = State(tmp_path / "state.json"), packages

    def run(self, type_: str, inputs: Properties | None) -> list[str]:
        """The steps; without inputs the program no longer declares it."""
        steps: list[str] = []
        engine = Engine(self._state, self._packages, lambda step: steps.append(step.operation))
        if inputs is not None:
            engine.register(
                Registration(
                    urn=f"urn:pulumi:local::p::{type_}::web",
                    type=type_,
                    name="web",
                    custom=True,
                    parent="",
                    inputs=inputs,
                    dependencies=(),
                )
            )
        engine.finish()
        return steps

    def outputs(self, type_: str, inputs: Properties) -> Properties:
        self.run(type_, inputs)
        (entry,) = self._state
        return entry.outputs


@pytest.fixture
def program(tmp_path: Path, memory: Memory) -> Program:
    types: dict[str, Any] = {
        "kubernetes:apps/v1:Deployment": Manifest(memory.machine),
        "kubernetes:batch/v1:Job": Job(memory.machine),
        "kubernetes:core/v1:Secret": Secret(memory.machine),
    }
    return Program(tmp_path, [Package(handlers=types)])


def changed(inputs: Properties, path: str, value: Any) -> Properties:
    head, _, rest = path.partition(".")
    return {**inputs, head: changed(inputs.get(head) or {}, rest, value) if rest else value}


TYPE = "kubernetes:apps/v1:Deployment"


JOB = "kubernetes:batch/v1:Job"


def migration(digest: str, **labels: str) -> Properties:
    container = {"name": "migrate", "image": f"registry.example/web@sha256:{digest}"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"web-migrations-{digest}", "namespace": "shop", "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def test_a_job_runs_once_for_each_image(program: Program, memory: Memory) -> None:
    assert program.run(JOB, migration("1")) == ["create"]
    assert program.run(JOB, migration("1")) == ["same"]
    assert program.run(JOB, migration("1", team="shop")) == ["update"]
    assert program.run(JOB, migration("2")) == ["replace"]
    assert [call for call in memory.calls if call.startswith("complete")] == [
        "complete Job shop/web-migrations-1",
        "complete Job shop/web-migrations-2",
    ]
    assert list(memory.objects) == ["Job shop/web-migrations-2"]


def test_a_job_that_failed_runs_again_at_the_next_up(program: Program, memory: Memory) -> None:
    memory.failure = "The Job failed: column does not exist"
    with pytest.raises(ProviderError, match="column does not exist"):
        program.run(JOB, migration("1"))
    assert memory.objects == {}
    memory.failure = ""
    assert program.run(JOB, migration("1")) == ["create"]
    assert memory.calls[-2:] == ["complete Job shop/web-migrations-1", "apply Job shop/web-migrations-1"]


def test_an_object_lives_as_long_as_the_program_declares_it(program: Program, memory: Memory) -> None:
    assert program.run(TYPE, DEPLOYMENT) == ["create"]
    assert memory.objects["Deployment shop/web"] == DEPLOYMENT
    assert program.run(TYPE, DEPLOYMENT) == ["same"]
    more = changed(DEPLOYMENT, "spec.replicas", 3)
    assert program.run(TYPE, more) == ["update"]
    assert memory.objects["Deployment shop/web"] == more
    assert program.run(TYPE, None) == ["delete"]
    assert memory.objects == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "other"),
        ("metadata.namespace", "other"),
        ("spec.selector", {"matchLabels": {"app": "other"}}),
    ],
)
def test_what_can_not_change_in_place_is_replaced(program: Program, memory: Memory, path: str, value: Any) -> None:
    program.run(TYPE, DEPLOYMENT)
    assert program.run(TYPE, changed(DEPLOYMENT, path, value)) == ["replace"]
    assert memory.calls[1] == "delete Deployment shop/web"
    assert len(memory.objects) == 1


def test_a_vanished_object_is_made_again(program: Program, memory: Memory) -> None:
    program.run(TYPE, DEPLOYMENT)
    memory.clear()
    assert program.run(TYPE, DEPLOYMENT) == ["create"]


def test_an_object_of_a_state_that_kept_its_identity_comes_up_by_one_update(
    program: Program, memory: Memory, tmp_path: Path
) -> None:
    """Until 2026-11-29 the inputs of an object had its identity among them."""
    program.run(TYPE, {**DEPLOYMENT, "identity": ["shop", "web", {"matchLabels": {"app": "web"}}]})
    assert program.run(TYPE, DEPLOYMENT) == ["update"]
    assert memory.objects["Deployment shop/web"] == DEPLOYMENT
    assert program.run(TYPE, DEPLOYMENT) == ["same"]


SECRET: Properties = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "namespace": "shop"},
    "stringData": {"password": "hunter2"},
    "data": {"key": "aHVudGVyMg=="},
}


def test_a_secrets_content_is_not_in_the_state(program: Program, tmp_path: Path) -> None:
    marked = {key: secret(value) if key in ("stringData", "data") else value for key, value in SECRET.items()}
    program.run("kubernetes:core/v1:Secret", marked)
    text = (tmp_path / "state.json").read_text()
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text


def test_a_secrets_content_stays_secret_in_the_program(program: Program) -> None:
    outputs = program.outputs("kubernetes:core/v1:Secret", SECRET)
    assert is_secret(outputs["stringData"])
    assert is_secret(outputs["data"])


def test_ids_and_outputs_are_those_of_the_object(memory: Memory) -> None:
    made = Manifest(memory.machine).create("web", DEPLOYMENT)
    assert made.id == "shop/web"
    assert made.outputs == {**DEPLOYMENT, "status": {"readyReplicas": 1}}
    wide = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert Manifest(memory.machine).create("x", wide).id == "shop"
    assert "namespace" not in memory.objects["Namespace -/shop"]["metadata"]


def test_without_a_name_it_has_one_that_stays(memory: Memory) -> None:
    handler = Manifest(memory.machine)
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
    made = handler.create("web", inputs)
    name = made.outputs["metadata"]["name"]
    assert name.startswith("web-")
    assert made.outputs["metadata"]["namespace"] == "default"
    assert handler.create("web", inputs).id == made.id, "the same again after a crash"
    outputs = handler.update(made.id, inputs, {**inputs, "data": {"a": "2"}}, made.outputs)
    assert outputs["metadata"]["name"] == name
    assert handler.exists(made.id, made.outputs)
    handler.delete(made.id, made.outputs)
    assert memory.objects == {}


# ---- this machine


@contextmanager
def supervisor(machine: Machine, **answers: tuple[str, str]) -> Iterator[None]:
    """Observes every object; kinds have the states that are given, others are ready."""
    stop = threading.Event()

    def observe() -> None:
        while not stop.wait(0.01):
            observed = {}
            for key, value in desired.read_all(machine).items():
                state, message = answers.get(key.split("/")[0], ("ready", ""))
                observed[key] = {"digest": digest_of(value), "state": state, "message": message}
            write_json(machine.run / "status.json", {"observed": observed})

    thread = threading.Thread(target=observe)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


GATEWAY: Properties = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "edge", "namespace": "edge"},
    "spec": {},
}
ROUTE: Properties = {**GATEWAY, "kind": "HTTPRoute"}


def test_manifests_become_objects(machine: Machine) -> None:
    handler = Manifest(machine)
    with supervisor(machine):
        assert handler.apply(ROUTE) == ROUTE
        assert desired.get(machine, "HTTPRoute/edge/edge") == ROUTE
        assert handler.exists("edge/edge", ROUTE)
        handler.withdraw(ROUTE)
        assert not handler.exists("edge/edge", ROUTE)
        handler.withdraw(ROUTE)


def test_a_gateway_says_where_it_listens(machine: Machine) -> None:
    with supervisor(machine):
        status = Manifest(machine).apply(GATEWAY)["status"]
    assert status["addresses"] == [{"type": "Hostname", "value": "localhost"}]
    assert {"type": "Programmed", "status": "True", "reason": "Programmed"} in status["conditions"]


@pytest.mark.parametrize("manifest", [GATEWAY, ROUTE, DEPLOYMENT], ids=lambda manifest: str(manifest["kind"]))
def test_what_the_supervisor_refuses_is_an_error(machine: Machine, manifest: Properties) -> None:
    kind = manifest["kind"]
    refusal = pytest.raises(ProviderError, match=rf"{kind}/\w+/\w+: hostNetwork is not supported")
    with supervisor(machine, **{kind: ("failed", "hostNetwork is not supported")}), refusal:
        Manifest(machine).apply(manifest)


def test_deployments_and_gateways_are_waited_for_and_routes_are_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "_TIMEOUT", 0.3)
    waiting = ("progressing", "0 of 2 pods are available.")
    deployment = changed(DEPLOYMENT, "spec.progressDeadlineSeconds", 0)
    with supervisor(machine, Deployment=waiting, Gateway=waiting, HTTPRoute=waiting):
        Manifest(machine).apply(ROUTE)
        for manifest in (deployment, GATEWAY):
            with pytest.raises(ProviderError, match=r"not ready after 0 s \(0 of 2 pods are available\.\)"):
                Manifest(machine).apply(manifest)


# ---- what is no manifest


def test_envoy_gateways_charts_are_what_the_machine_has(machine: Machine) -> None:
    handlers = package(machine).handlers
    chart = {"chart": "oci://docker.io/envoyproxy/gateway-crds-helm", "version": "v1.9.1"}
    release = {"chart": "oci://docker.io/envoyproxy/gateway-helm", "namespace": "envoy-gateway-system", "name": "eg"}
    assert handlers["kubernetes:helm.sh/v4:Chart"].create("crds", chart).id == "crds"
    made = handlers["kubernetes:helm.sh/v3:Release"].create("eg", release)
    assert (made.id, made.outputs["status"]["status"]) == ("envoy-gateway-system/eg", "deployed")


@pytest.mark.parametrize("type_", ["kubernetes:helm.sh/v4:Chart", "kubernetes:helm.sh/v3:Release"])
def test_other_charts_are_refused(machine: Machine, type_: str) -> None:
    handler = package(machine).handlers[type_]
    inputs = {"chart": "ingress-nginx"}
    with pytest.raises(ProviderError, match="not for 'ingress-nginx'"):
        handler.create("x", inputs)
    with pytest.raises(ProviderError, match="The local stack runs no charts"):
        handler.update("x", {}, inputs, {})


def test_the_provider_is_this_machine_whatever_the_kubeconfig_says(machine: Machine) -> None:
    provider = package(machine).handlers["pulumi:providers:kubernetes"]
    assert provider.create("aks", {"kubeconfig": "anything"}).id == "aks"
    assert provider.update("aks", {}, {"kubeconfig": "other"}, {}) == {}
    provider.delete("aks", {})


def test_kinds_that_are_not_understood_have_no_provider(tmp_path: Path, machine: Machine) -> None:
    program = Program(tmp_path, [package(machine)])
    with pytest.raises(LocalError, match="batch/v1:CronJob"):
        program.run("kubernetes:batch/v1:CronJob", {"kind": "CronJob"})
