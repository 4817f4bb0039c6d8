"""The end of the wait for an object, and the reason that is given when it does not become ready."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from cluster import readiness
from cluster.readiness import wait_until_ready
from local.errors import ProviderError
from tests.unit.cluster.fakes import FakeApi

LABELS = {"app": "users"}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "users", "namespace": "apps"},
    "spec": {"replicas": 2, "selector": {"matchLabels": LABELS}},
}
JOB = {**DEPLOYMENT, "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "apps"}}
GATEWAY = {**DEPLOYMENT, "kind": "Gateway", "metadata": {"name": "edge", "namespace": "edge"}}
READY = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
ROLLING = {**READY, "updatedReplicas": 1}
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
FAILED = {"type": "Failed", "status": "True", "message": "too often"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_patience", lambda _: 0.2)
    monkeypatch.setattr(readiness, "_LOOK", 0.05)


def pod(name: str = "users-1", *, age: float = 0, **status: Any) -> dict[str, Any]:
    made = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    labels = {**LABELS, "pod-template-hash": "new"}
    metadata = {"name": name, "namespace": "apps", "creationTimestamp": made.isoformat(), "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "app", "state": state}]}


def reason_of(manifest: dict[str, Any], status: dict[str, Any], *pods: dict[str, Any], log: str = "") -> str:
    api = FakeApi()
    api.becomes = {manifest["kind"]: status}
    for each in pods:
        api.apply(each)
        api.logs[each["metadata"]["name"]] = log
    with pytest.raises(ProviderError) as raised:
        wait_until_ready(api, api.apply(manifest))
    return str(raised.value)


def test_a_deployment_is_ready_when_all_pods_are_new_and_available() -> None:
    api = FakeApi()
    api.becomes = {"Deployment": READY}
    assert wait_until_ready(api, api.apply(DEPLOYMENT))["status"] == READY
    assert "1 of 2 pods are new, 2 are available" in reason_of(DEPLOYMENT, ROLLING)
    assert "has not seen it yet" in reason_of(DEPLOYMENT, {**READY, "observedGeneration": 0})


def test_a_roll_out_past_its_deadline_fails_with_the_log_of_its_pod() -> None:
    crashed = pod(**container(terminated={"exitCode": 1, "reason": "Error"}))
    text = reason_of(DEPLOYMENT, {**ROLLING, "conditions": [LATE]}, crashed, log="ValueError: no port\n")
    assert text == (
        "Deployment apps/users failed, and the pods before it stay: users-1 ended with 1 (Error); its log ends: "
        "ValueError: no port"
    )


@pytest.mark.parametrize(
    ("reason", "age", "fails"),
    [("ErrImageNeverPull", 0, True), ("ImagePullBackOff", 0, False), ("ImagePullBackOff", 90, True)],
)
def test_an_image_that_can_not_be_had_fails_before_the_deadline(reason: str, age: float, *, fails: bool) -> None:
    waiting = pod(age=age, **container(waiting={"reason": reason, "message": "not found"}))
    text = reason_of(DEPLOYMENT, ROLLING, waiting)
    assert f"users-1: {reason}: not found" in text
    assert ("failed" in text) is fails


def test_a_container_that_ends_again_and_again_fails_before_the_deadline() -> None:
    looping = {"name": "app", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    ended = {"lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    text = reason_of(DEPLOYMENT, ROLLING, pod(containerStatuses=[{**looping, **ended}]), log="no certificate")
    assert "failed, and the pods before it stay: users-1 ended with 1 (Error); its log ends: no certificate" in text
    assert "failed" not in reason_of(DEPLOYMENT, ROLLING, pod(containerStatuses=[{**looping, "restartCount": 2}]))


def test_pods_that_are_refused_or_find_no_node_are_named() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": "violates PodSecurity"}
    assert "its pods are refused: violates PodSecurity" in reason_of(DEPLOYMENT, {**ROLLING, "conditions": [refused]})
    scheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available: Insufficient cpu"}
    assert "no node takes users-1: 0/1 nodes" in reason_of(DEPLOYMENT, ROLLING, pod(conditions=[scheduled]))


def test_a_job_is_done_when_it_is_complete_and_fails_with_its_log() -> None:
    api = FakeApi()
    api.becomes = {"Job": {"conditions": [{"type": "Complete", "status": "True"}]}}
    wait_until_ready(api, api.apply(JOB))
    ended = pod("migrate-1", **container(terminated={"exitCode": 2, "reason": "Error"}))
    text = reason_of(JOB, {"conditions": [FAILED]}, ended, log="no such table")
    assert text.startswith("Job apps/migrate failed (too often): migrate-1 ended with 2")
    assert text.endswith("no such table")


def test_a_gateway_needs_an_address_and_says_who_gives_one() -> None:
    programmed = {"type": "Programmed", "status": "True", "observedGeneration": 1}
    api = FakeApi()
    api.becomes = {"Gateway": {"conditions": [programmed]}}
    wait_until_ready(api, api.apply(GATEWAY))
    without = {**programmed, "status": "False", "reason": "AddressNotAssigned"}
    assert "the cluster has no LoadBalancer" in reason_of(GATEWAY, {"conditions": [without]})
    assert "no controller has taken it" in reason_of(GATEWAY, {})


def test_others_are_not_waited_for() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "users"}}
    assert wait_until_ready(FakeApi(), service) == service
