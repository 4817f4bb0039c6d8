"""The next step of a Deployment, and the sentence about it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.desired import Object
from local.kubernetes import rollout as module
from local.kubernetes.rollout import Rollout, next_step, target_of
from local.processes.process import Backoff
from tests.unit.local.kubernetes.cluster import DEPLOYMENT, SCALER, read


@dataclass(eq=False)
class FakePod:
    name: str
    revision: str = "new"
    state: str = "ready"
    started: float = 0.0
    ready_since: float = 1.0
    message: str = ""
    refused: bool = False
    backoff: Backoff = field(default_factory=Backoff)
    log: Path = Path("/nonexistent")

    @property
    def ready(self) -> bool:
        return self.state == "ready"

    @property
    def terminating(self) -> bool:
        return self.state == "terminating"


def step(replicas: int, pods: str) -> tuple[int, str]:
    """Pods as `n` new, `o` old; upper case when available, `!` after one that is ready and not yet available,
    `-` after one that is not ready, `x` for one that terminates."""
    fakes, available = [], set()
    for number, text in enumerate(pods.split()):
        state = "terminating" if "x" in text else "starting" if "-" in text else "ready"
        pod = FakePod(f"{text}{number}", "new" if text[0].lower() == "n" else "old", state, started=number)
        fakes.append(pod)
        if text[0].isupper():
            available.add(pod.name)
    next_ = next_step("new", replicas, fakes, available)  # type: ignore[arg-type]
    return next_.start, " ".join(pod.name[:-1] for pod in next_.stop)


@pytest.mark.parametrize(
    ("replicas", "pods", "start", "stop"),
    [
        (2, "", 2, ""),
        (2, "n-", 1, ""),
        (2, "N N", 0, ""),
        (2, "O O", 1, ""),
        (2, "O O n-", 0, ""),
        (2, "O O n!", 0, ""),
        (2, "O O N", 0, "O"),
        (2, "O ox N", 1, ""),
        (2, "O ox N n-", 0, ""),
        (2, "O ox N N", 0, "O"),
        (2, "O o- n-", 0, "o-"),
        (2, "o- o-", 1, "o- o-"),
        (1, "O", 1, ""),
        (1, "O n-", 0, ""),
        (1, "O N", 0, "O"),
        (1, "N N N", 0, "N N"),
        (1, "N n- N", 0, "n- N"),
        (3, "N", 2, ""),
        (0, "N N", 0, "N N"),
        (0, "O o-", 0, "o- O"),
        (3, "O O", 2, ""),
        (1, "O O O", 0, "O O"),
    ],
)
def test_the_next_step_of_a_roll_out(replicas: int, pods: str, start: int, stop: str) -> None:
    assert step(replicas, pods) == (start, stop)


@pytest.mark.parametrize(
    ("most", "replicas", "surge"), [(None, 2, 1), ("25%", 2, 1), ("25%", 5, 2), ("100%", 3, 3), ("0%", 2, 1), (2, 5, 2)]
)
def test_the_pods_that_there_may_be_more_while_others_take_their_place(
    most: str | int | None, replicas: int, surge: int
) -> None:
    rollout = Rollout(key="Deployment/apps/users")
    rollout.manifest = {"spec": {"strategy": {"rollingUpdate": {"maxSurge": most}}} if most else {}}
    assert rollout.surge(replicas) == surge


def test_with_a_surge_all_new_pods_start_at_once() -> None:
    pods: Any = [FakePod("old0", "old"), FakePod("old1", "old")]
    assert next_step("new", 2, pods, {"old0", "old1"}, surge=2).start == 2


def test_a_roll_never_has_fewer_available_pods_than_replicas() -> None:
    """Played to its end, whatever the number of replicas."""
    for replicas in range(1, 6):
        pods = [FakePod(f"old{i}", "old") for i in range(replicas)]
        for round_ in range(50):
            available = {pod.name for pod in pods}
            assert replicas <= len(available) <= replicas + 1
            next_ = next_step("new", replicas, pods, available)  # type: ignore[arg-type]
            pods = [pod for pod in pods if pod not in next_.stop]
            pods += [FakePod(f"new{round_}.{i}") for i in range(next_.start)]
            if not next_.start and not next_.stop:
                break
        assert [pod.revision for pod in pods] == ["new"] * replicas


@pytest.fixture
def manifest() -> Object:
    return read(DEPLOYMENT)


@pytest.fixture
def rollout(manifest: Object) -> Rollout:
    rollout = Rollout(key="Deployment/shop/web")
    rollout.read(manifest)
    return rollout


def state(rollout: Rollout, *pods: FakePod, available: int = 0) -> tuple[str, str]:
    for pod in pods:
        pod.revision = rollout.revision if pod.revision == "new" else pod.revision
    return rollout.state(2, pods, {pod.name for pod in pods[:available]})  # type: ignore[arg-type]


def test_ready_when_all_pods_of_the_template_are_available_and_no_others(rollout: Rollout) -> None:
    assert state(rollout, FakePod("a"), FakePod("b"), available=2) == ("ready", "")
    assert state(rollout, FakePod("a"), available=1)[0] == "progressing"
    assert state(rollout, FakePod("a"), FakePod("b"), FakePod("c", "old"), available=2)[0] == "progressing"
    routed = FakePod("c", "old", "terminating")
    assert state(rollout, FakePod("a"), FakePod("b"), routed, available=2)[0] == "progressing"


def test_failed_when_a_pod_ends_again_and_again(rollout: Rollout) -> None:
    pod = FakePod("b", state="unready", message="The container exited with 1: no database")
    pod.backoff.failures = 2
    assert state(rollout, FakePod("a"), pod, available=1)[0] == "progressing"
    pod.backoff.failures = 3
    assert state(rollout, FakePod("a"), pod, available=1) == (
        "failed",
        "1 of 2 pods are available. b: The container exited with 1: no database",
    )


def test_failed_when_nothing_gets_on_within_the_deadline(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    waiting = FakePod("b", state="starting")
    assert state(rollout, FakePod("a"), waiting, available=1)[0] == "progressing"
    now += 61
    failed = state(rollout, FakePod("a"), waiting, available=1)
    assert (failed[0], failed[1][:23]) == ("failed", "No progress for 60 s. 1")
    assert state(rollout, FakePod("a"), FakePod("b"), available=2)[0] == "ready"
    assert state(rollout, FakePod("a"), waiting, available=1)[0] == "progressing", "a new deadline after success"


def test_available_is_ready_long_enough_and_known_to_the_ingress(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout.manifest["spec"]["minReadySeconds"] = 5
    monkeypatch.setattr(module.time, "monotonic", lambda: 100.0)
    pods = [
        FakePod("long", ready_since=94),
        FakePod("short", ready_since=96),
        FakePod("unknown", ready_since=94),
        FakePod("unready", state="unready", ready_since=0),
    ]
    assert rollout.available(pods, {"long", "short", "unready"}) == {"long"}  # type: ignore[arg-type]


BROKEN: dict[str, tuple[Callable[[Object], Any], str]] = {
    "selector": (lambda s: s.update(selector={"matchLabels": {"app": "x"}}), "does not match the labels"),
    "strategy": (lambda s: s.update(strategy={"type": "Recreate"}), "must be 'RollingUpdate'"),
    "field": (lambda s: s.update(colour="red"), "Deployment.spec.colour is not supported"),
    "malformed": (lambda s: s.pop("template"), "The field 'template' is missing"),
    "template": (
        lambda s: s["template"]["spec"].update(hostPID=True),
        "Deployment.spec.template.spec.hostPID is not supported",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_can_not_be_run_fails_with_a_sentence(rollout: Rollout, manifest: Object, case: str) -> None:
    before = rollout.revision
    broken = copy.deepcopy(manifest)
    change, sentence = BROKEN[case]
    change(broken["spec"])
    rollout.read(broken)
    after = state(rollout, FakePod("a"), FakePod("b"), available=2)
    assert after[0] == "failed"
    assert sentence in after[1]
    assert rollout.revision == before, "the pods that run are still those of the last manifest"
    rollout.read(manifest)
    assert state(rollout, FakePod("a"), FakePod("b"), available=2) == ("ready", "")


def test_the_number_of_pods_is_the_scalers_minimum_else_the_deployments_own(rollout: Rollout) -> None:
    scaler = read(SCALER)
    assert rollout.replicas({}) == 2
    assert target_of(scaler) == rollout.key
    assert rollout.replicas({"HorizontalPodAutoscaler/shop/web": scaler}) == 1
    scaler["metadata"]["namespace"] = "other"
    assert rollout.replicas({"HorizontalPodAutoscaler/other/web": scaler}) == 2
    del rollout.manifest["spec"]["replicas"]
    assert rollout.replicas({}) == 1
