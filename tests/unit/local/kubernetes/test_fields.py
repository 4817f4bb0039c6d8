"""The fields that the table lets through, and those that it refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.desired import Object
from local.kubernetes.fields import check, known_fields, refusals
from local.kubernetes.manifests import RefusedError
from tests.unit.local.kubernetes.cluster import SCALER, Cluster, clone, read


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    return Cluster(clone(tmp_path_factory.mktemp("clone")))


@pytest.fixture
def objects(cluster: Cluster) -> dict[str, Object]:
    return copy.deepcopy(cluster.objects)


def pod(objects: dict[str, Object]) -> Object:
    template: Object = objects["Deployment/shop/web"]["spec"]["template"]["spec"]
    return template


def container(objects: dict[str, Object]) -> Object:
    first: Object = pod(objects)["containers"][0]
    return first


def spec(objects: dict[str, Object], key: str) -> Object:
    content: Object = objects[key]["spec"]
    return content


REFUSED: dict[str, tuple[str, Callable[[dict[str, Object]], Any], str]] = {
    "field of a Deployment": (
        "Deployment/shop/web",
        lambda o: spec(o, "Deployment/shop/web").update(colour="red"),
        "Deployment.spec.colour is not supported by the local stack; it knows minReadySeconds, progress",
    ),
    "strategy": (
        "Deployment/shop/web",
        lambda o: spec(o, "Deployment/shop/web").update(strategy={"type": "Recreate"}),
        (
            "Deployment.spec.strategy.type is 'Recreate', which the local stack does not support; "
            "it must be 'RollingUpdate'."
        ),
    ),
    "selector expressions": (
        "Deployment/shop/web",
        lambda o: spec(o, "Deployment/shop/web")["selector"].update(matchExpressions=[]),
        "selector.matchExpressions is not supported",
    ),
    "network": ("Deployment/shop/web", lambda o: pod(o).update(hostNetwork=True), "spec.hostNetwork is not supported"),
    "process space": ("Deployment/shop/web", lambda o: pod(o).update(hostPID=True), "spec.hostPID is not supported"),
    "restart policy": (
        "Deployment/shop/web",
        lambda o: pod(o).update(restartPolicy="Never"),
        "restartPolicy is 'Never', which the local stack does not support; it must be 'Always'.",
    ),
    "working folder": (
        "Deployment/shop/web",
        lambda o: container(o).update(workingDir="/x"),
        "containers.workingDir is not supported",
    ),
    "exec probe": (
        "Deployment/shop/web",
        lambda o: container(o).update(livenessProbe={"exec": {"command": ["true"]}}),
        "livenessProbe.exec is not supported",
    ),
    "tcp probe": (
        "Deployment/shop/web",
        lambda o: container(o).update(readinessProbe={"tcpSocket": {"port": 1}}),
        "readinessProbe.tcpSocket is not supported",
    ),
    "grpc probe": (
        "Deployment/shop/web",
        lambda o: container(o).update(startupProbe={"grpc": {"port": 1}}),
        "startupProbe.grpc is not supported",
    ),
    "host of a probe": (
        "Deployment/shop/web",
        lambda o: container(o)["livenessProbe"]["httpGet"].update(host="10.0.0.1"),
        "livenessProbe.httpGet.host is not supported",
    ),
    "grace period of a probe": (
        "Deployment/shop/web",
        lambda o: container(o)["livenessProbe"].update(terminationGracePeriodSeconds=1),
        "livenessProbe.terminationGracePeriodSeconds is not supported",
    ),
    "threshold of successes": (
        "Deployment/shop/web",
        lambda o: container(o)["readinessProbe"].update(successThreshold=2),
        "readinessProbe.successThreshold is not supported",
    ),
    "preStop command": (
        "Deployment/shop/web",
        lambda o: container(o).update(lifecycle={"preStop": {"exec": {"command": ["sleep"]}}}),
        "lifecycle.preStop.exec is not supported",
    ),
    "init container": (
        "Deployment/shop/web",
        lambda o: pod(o).update(initContainers=[{"name": "s", "command": ["x"]}]),
        "initContainers is not supported",
    ),
    "host path": (
        "Deployment/shop/web",
        lambda o: pod(o)["volumes"].append({"name": "v", "hostPath": {"path": "/"}}),
        "volumes.hostPath is not supported by the local stack; it knows emptyDir, name, secret.",
    ),
    "claim": (
        "Deployment/shop/web",
        lambda o: pod(o)["volumes"].append({"name": "v", "persistentVolumeClaim": {"claimName": "c"}}),
        "volumes.persistentVolumeClaim is not supported",
    ),
    "token": (
        "Deployment/shop/web",
        lambda o: pod(o)["volumes"].append({"name": "v", "projected": {"sources": []}}),
        "volumes.projected is not supported",
    ),
    "optional secret": (
        "Deployment/shop/web",
        lambda o: pod(o)["volumes"][0]["secret"].update(optional=True),
        "volumes.secret.optional is not supported",
    ),
    "host port": (
        "Deployment/shop/web",
        lambda o: container(o)["ports"][0].update(hostPort=80),
        "ports.hostPort is not supported",
    ),
    "part of a volume": (
        "Deployment/shop/web",
        lambda o: container(o)["volumeMounts"][0].update(subPath="y"),
        "volumeMounts.subPath is not supported",
    ),
    "field of the pod": (
        "Deployment/shop/web",
        lambda o: container(o)["env"].append({"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}),
        (
            "fieldPath is 'spec.nodeName', which the local stack does not support; "
            "it must be 'metadata.name' or 'status.podIP'."
        ),
    ),
    "resources of the pod": (
        "Deployment/shop/web",
        lambda o: container(o)["env"].append({"name": "X", "valueFrom": {"resourceFieldRef": {}}}),
        "env.valueFrom.resourceFieldRef is not supported",
    ),
    "optional variable": (
        "Deployment/shop/web",
        lambda o: container(o)["env"].append(
            {"name": "X", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": True}}}
        ),
        "secretKeyRef.optional is not supported",
    ),
    "public service": (
        "Service/shop/web",
        lambda o: spec(o, "Service/shop/web").update(type="LoadBalancer"),
        "Service.spec.type is 'LoadBalancer', which the local stack does not support; it must be 'ClusterIP'.",
    ),
    "text for an object": (
        "Service/shop/web",
        lambda o: o["Service/shop/web"].update(spec="x"),
        "Service.spec must be a dict, it is 'x'.",
    ),
    "text for a list": (
        "Service/shop/web",
        lambda o: spec(o, "Service/shop/web").update(ports="x"),
        "Service.spec.ports must be a list, it is 'x'.",
    ),
    "unknown kind": (
        "CronJob/shop/web",
        lambda o: o.update({"CronJob/shop/web": {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {}}}),
        "does not know the kind CronJob; it knows Namespace, ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_table_does_not_name_is_refused_with_its_field(objects: dict[str, Object], case: str) -> None:
    key, change, sentence = REFUSED[case]
    assert refusals(objects) == {}
    change(objects)
    problems = refusals(objects)
    assert problems.keys() == {key}
    assert sentence in str(problems[key])


def test_fields_without_a_meaning_here_are_recorded(objects: dict[str, Object]) -> None:
    spread = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
    pod(objects).update(securityContext={"anything": 1}, topologySpreadConstraints=spread)
    container(objects).update(resources={"limits": {"memory": "1Gi"}})
    objects["NetworkPolicy/shop/web"] = {"apiVersion": "v1", "kind": "NetworkPolicy", "metadata": {}, "spec": {"a": 1}}
    objects["HorizontalPodAutoscaler/shop/web"] = read(SCALER)
    assert refusals(objects) == {}


def test_what_is_no_manifest_is_passed_over() -> None:
    assert refusals({"Stage/-/x": {"kind": "Stage", "api_id": "x"}}) == {}


def rules(rule: Any) -> Iterator[Any]:
    yield rule
    if isinstance(rule, dict):
        for item in rule.values():
            yield from rules(item)


def test_whatever_is_recorded_only_has_a_reason() -> None:
    texts = {rule for rule in rules(known_fields()) if isinstance(rule, str)}
    assert all(text in ("real", "duration") or (text.startswith("recorded: ") and len(text) > 20) for text in texts), (
        texts
    )


def test_a_check_of_one_manifest_raises() -> None:
    with pytest.raises(RefusedError, match=r"Namespace\.spec is not supported by the local stack; it knows no fields"):
        check({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}, "spec": {}})
