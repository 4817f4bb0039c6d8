"""The container that a pod template becomes on this machine, and the templates that are refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.desired import Object
from local.kubernetes.container import PATH, Identity, Launch, Template, launch
from local.kubernetes.manifests import MissingError, RefusedError
from local.machine import Machine
from tests.unit.local.kubernetes.cluster import IMAGE, Cluster, clone, secret


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Returns one machine for all tests here, which start nothing on it."""
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    (machine.images / IMAGE).mkdir(exist_ok=True)
    return Cluster(machine)


@pytest.fixture
def pod(machine: Machine) -> Identity:
    return Identity(name="web-1-abcde", namespace="shop", folder=machine.home / "pods" / "web-1-abcde")


def started(cluster: Cluster, pod: Identity, **changes: Any) -> Launch:
    container = {**cluster.container, **changes}
    ports = {"https": 4001, 8443: 4001}
    return launch(container, pod, ports, machine=cluster.machine, objects=cluster.objects)


def variable(cluster: Cluster, pod: Identity, **entry: Any) -> str:
    return started(cluster, pod, env=[{"name": "X", **entry}]).env["X"]


def test_it_runs_in_the_images_folder_with_this_interpreter(cluster: Cluster, pod: Identity) -> None:
    image = cluster.machine.images / IMAGE
    start = started(cluster, pod, args=["--serve"])
    assert start.argv == (str(Path(sys.executable).parent / "python"), "-m", "app", "--serve")
    assert start.cwd == image
    assert start.env["PYTHONPATH"] == str(image)


def test_the_environment_is_the_containers_and_nothing_of_the_users(
    cluster: Cluster, pod: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    env = started(cluster, pod).env
    base = {"PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TMPDIR"}
    assert env.keys() - base == {entry["name"] for entry in cluster.container["env"]}
    assert env["PATH"] == PATH


def test_values_come_from_where_the_manifest_says(cluster: Cluster, pod: Identity) -> None:
    assert variable(cluster, pod, value="plain") == "plain"
    assert variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "settings", "key": "password"}}) == "hunter2"
    assert variable(cluster, pod, valueFrom={"fieldRef": {"fieldPath": "status.podIP"}}) == "127.0.0.1"
    assert variable(cluster, pod, valueFrom={"fieldRef": {"fieldPath": "metadata.name"}}) == "web-1-abcde"


def test_secrets_may_be_encoded(cluster: Cluster, pod: Identity) -> None:
    holder = secret("shop", "settings", {"text": "plain"}) | {"data": {"password": "aHVudGVyMg=="}}
    cluster.objects["Secret/shop/settings"] = holder
    assert variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "settings", "key": "password"}}) == "hunter2"
    assert variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "settings", "key": "text"}}) == "plain"


def test_the_containers_port_is_replaced_where_it_is_the_whole_value(cluster: Cluster, pod: Identity) -> None:
    assert variable(cluster, pod, value="8443") == "4001"
    assert variable(cluster, pod, value="https://host:8443") == "https://host:8443"
    assert variable(cluster, pod, value="18443") == "18443"


def test_mount_paths_are_mapped_into_the_pods_folder(cluster: Cluster, pod: Identity) -> None:
    volumes = pod.folder / "volumes"
    assert variable(cluster, pod, value="/tls/tls.crt") == f"{volumes}/tls/tls.crt"
    assert variable(cluster, pod, value="/tls") == f"{volumes}/tls"
    assert variable(cluster, pod, value="host=x sslrootcert=/tls/ca.crt") == f"host=x sslrootcert={volumes}/tls/ca.crt"
    assert variable(cluster, pod, value="/tlsx") == "/tlsx"
    assert variable(cluster, pod, value="/srv/tls") == "/srv/tls"
    assert variable(cluster, pod, value="https://host/tls/x") == "https://host/tls/x"
    start = started(cluster, pod, args=["--cert=/tls/tls.crt", "/tmp/x"])
    assert start.argv[-2:] == (f"--cert={volumes}/tls/tls.crt", f"{volumes}/tmp/x")
    assert start.env["TMPDIR"] == f"{volumes}/tmp"


def test_paths_in_secrets_are_the_containers_too(cluster: Cluster, pod: Identity) -> None:
    url = "postgresql://db/users?sslmode=verify-full&sslrootcert=/tls/ca.crt"
    cluster.objects["Secret/shop/database"] = secret("shop", "database", {"url": url})
    value = variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "database", "key": "url"}})
    assert value == url.replace("/tls/", f"{pod.folder}/volumes/tls/")


def test_references_to_other_variables_are_refused(cluster: Cluster, pod: Identity) -> None:
    for changes in ({"env": [{"name": "URL", "value": "postgresql://$(HOST)/x"}]}, {"args": ["--host=$(HOST)"]}):
        with pytest.raises(RefusedError, match="does not expand references to variables"):
            started(cluster, pod, **changes)


MISSING: dict[str, tuple[Callable[[Cluster, Identity], Any], str]] = {
    "image": (lambda c, p: started(c, p, image="registry.test/web:latest"), "must be named by its digest"),
    "secret": (
        lambda c, p: variable(c, p, valueFrom={"secretKeyRef": {"name": "absent", "key": "x"}}),
        "Secret 'absent' does not exist in the namespace 'shop'",
    ),
    "key": (
        lambda c, p: variable(c, p, valueFrom={"secretKeyRef": {"name": "settings", "key": "x"}}),
        "Secret 'settings' has no key 'x'",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_not_there_is_named(cluster: Cluster, pod: Identity, case: str) -> None:
    act, sentence = MISSING[case]
    with pytest.raises(MissingError, match=sentence):
        act(cluster, pod)


def test_a_program_that_is_not_installed_is_named(cluster: Cluster, pod: Identity) -> None:
    with pytest.raises(RefusedError, match="'/no/such/program' is not installed"):
        started(cluster, pod, command=["/no/such/program"])


def spec(manifest: Object) -> Object:
    content: Object = manifest["spec"]
    return content


TEMPLATES: dict[str, tuple[Callable[[Object], Any], str]] = {
    "two containers": (lambda m: spec(m)["containers"].append({"name": "b"}), "one container per pod; .* has 2"),
    "image's command": (lambda m: spec(m)["containers"][0].pop("command"), "`command` is required"),
    "probe of another port": (
        lambda m: spec(m)["containers"][0]["readinessProbe"]["httpGet"].update(port=9000),
        "declares no port 9000",
    ),
}


@pytest.mark.parametrize("case", TEMPLATES)
def test_a_template_that_can_not_be_run_is_refused(cluster: Cluster, case: str) -> None:
    manifest = cluster.deployment["spec"]["template"]
    Template.read(manifest)
    change, sentence = TEMPLATES[case]
    change(manifest)
    with pytest.raises(RefusedError, match=sentence):
        Template.read(manifest)


def test_times_have_the_defaults_of_kubernetes(cluster: Cluster) -> None:
    manifest = cluster.deployment["spec"]["template"]
    for key in ("terminationGracePeriodSeconds", "volumes"):
        del manifest["spec"][key]
    manifest["spec"]["containers"][0] = {"name": "app", "image": "x", "command": ["python"], "ports": []}
    template = Template.read(manifest)
    assert (template.grace, template.pre_stop) == (30, 0)
    assert template.probes({}) == {}


def test_ports_have_one_number_under_name_and_number(cluster: Cluster) -> None:
    numbers = iter([5001, 5002])
    ports = Template.read(cluster.deployment["spec"]["template"]).map_ports(lambda: next(numbers))
    assert ports == {"https": 5001, 8443: 5001}
