"""What a pod template becomes on this machine, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.desired import Object
from local.machine import Machine
from local.supervisor.container import PATH, Launch, Template, launch
from local.supervisor.manifests import MissingError, RefusedError
from local.supervisor.volumes import Identity
from tests.unit.local.supervisor.cluster import IMAGE, Cluster, config_map, secret


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    (machine.images / IMAGE).mkdir()
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
    cluster.objects["ConfigMap/shop/more"] = config_map("shop", "more", {"level": "INFO"})
    reference = {"name": "more", "key": "level"}
    assert variable(cluster, pod, value="plain") == "plain"
    assert variable(cluster, pod, valueFrom={"configMapKeyRef": reference}) == "INFO"
    assert variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "settings", "key": "password"}}) == "hunter2"
    assert variable(cluster, pod, valueFrom={"fieldRef": {"fieldPath": "status.podIP"}}) == "127.0.0.1"
    assert variable(cluster, pod, valueFrom={"fieldRef": {"fieldPath": "metadata.name"}}) == "web-1-abcde"
    assert variable(cluster, pod, valueFrom={"fieldRef": {"fieldPath": "metadata.namespace"}}) == "shop"


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
    found = variable(cluster, pod, valueFrom={"secretKeyRef": {"name": "database", "key": "url"}})
    assert found == url.replace("/tls/", f"{pod.folder}/volumes/tls/")


def test_programs_of_the_image_are_found_in_it(cluster: Cluster, pod: Identity) -> None:
    program = cluster.machine.images / IMAGE / "bin" / "serve"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert started(cluster, pod, command=["bin/serve"]).argv == (str(program),)


def test_references_to_other_variables_are_expanded(cluster: Cluster, pod: Identity) -> None:
    env = [{"name": "HOST", "value": "db"}, {"name": "URL", "value": "postgresql://$(HOST)/$(UNKNOWN)"}]
    start = started(cluster, pod, env=env, args=["--host=$(HOST)"])
    assert start.env["URL"] == "postgresql://db/$(UNKNOWN)"
    assert start.argv[-1] == "--host=db"


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


AT_START: dict[str, tuple[dict[str, Any], str]] = {
    "program": ({"command": ["/no/such/program"]}, "'/no/such/program' is not installed"),
    "field": ({"env": [{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]}, "spec.nodeName"),
    "resource": ({"env": [{"name": "X", "valueFrom": {"resourceFieldRef": {}}}]}, "valueFrom.resourceFieldRef"),
    "optional": (
        {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": True}}}]},
        "secretKeyRef.optional",
    ),
    "part of a volume": (
        {"volumeMounts": [{"name": "tls", "mountPath": "/x", "subPath": "y"}]},
        "volumeMounts.subPath is not supported",
    ),
}


@pytest.mark.parametrize("case", AT_START)
def test_a_container_that_can_not_be_had_is_refused(cluster: Cluster, pod: Identity, case: str) -> None:
    changes, sentence = AT_START[case]
    with pytest.raises(RefusedError, match=sentence):
        started(cluster, pod, **changes)


def spec(manifest: Object) -> Object:
    found: Object = manifest["spec"]
    return found


TEMPLATES: dict[str, tuple[Callable[[Object], Any], str]] = {
    "network": (lambda m: spec(m).update(hostNetwork=True), r"pod\.hostNetwork is not supported"),
    "two containers": (lambda m: spec(m)["containers"].append({"name": "b"}), "one container per pod; .* has 2"),
    "image's command": (lambda m: spec(m)["containers"][0].pop("command"), "`command` is needed"),
    "working folder": (lambda m: spec(m)["containers"][0].update(workingDir="/x"), r"container\.workingDir"),
    "restart policy": (lambda m: spec(m).update(restartPolicy="Never"), "must be Always"),
    "exec probe": (
        lambda m: spec(m)["containers"][0].update(livenessProbe={"exec": {"command": ["true"]}}),
        "livenessProbe: the local stack asks httpGet probes only",
    ),
    "tcp probe": (
        lambda m: spec(m)["containers"][0].update(readinessProbe={"tcpSocket": {"port": 1}}),
        "readinessProbe: the local stack asks httpGet probes only",
    ),
    "probe of another port": (
        lambda m: spec(m)["containers"][0]["readinessProbe"]["httpGet"].update(port=9000),
        "declares no port 9000",
    ),
    "preStop command": (
        lambda m: spec(m)["containers"][0].update(lifecycle={"preStop": {"exec": {"command": ["sleep"]}}}),
        r"lifecycle\.preStop\.exec is not supported",
    ),
    "sidecar": (
        lambda m: spec(m).update(initContainers=[{"name": "s", "command": ["x"], "restartPolicy": "Always"}]),
        r"initContainer s\.restartPolicy is not supported",
    ),
    "host path": (
        lambda m: spec(m)["volumes"].append({"name": "v", "hostPath": {"path": "/"}}),
        r"volume v\.hostPath is not supported",
    ),
    "claim": (
        lambda m: spec(m)["volumes"].append({"name": "v", "persistentVolumeClaim": {"claimName": "c"}}),
        r"volume v\.persistentVolumeClaim is not supported",
    ),
    "host port": (
        lambda m: spec(m)["containers"][0]["ports"][0].update(hostPort=80),
        r"container\.ports\.hostPort is not supported",
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
