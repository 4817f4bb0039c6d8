"""A Job on this machine: run once, to its end, and its last lines when it fails."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from local import desired
from local.desired import Object, key_of
from local.errors import ProviderError
from local.kubernetes import job as jobs
from local.kubernetes.manifests import MissingError, RefusedError
from local.machine import Machine
from tests.unit.local.kubernetes.cluster import IMAGE, clone, secret

APPEND = "import os, pathlib; file = pathlib.Path(os.environ['OUT']); file.open('a').write(os.environ['WHO'] + '\\n')"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = clone(tmp_path)
    (made.images / IMAGE).mkdir(parents=True)
    desired.put(made, key_of("Secret", "shop", "settings"), secret("shop", "settings", {"who": "owner"}))
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PAUSE", 0.01)


def job(machine: Machine, script: str, **spec: Any) -> Object:
    container = {
        "name": "migrate",
        "image": f"registry.example/web@sha256:{IMAGE}",
        "command": ["python", "-c", script],
        "env": [
            {"name": "OUT", "value": "out"},
            {"name": "WHO", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "who"}}},
        ],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [{"name": "tmp", "emptyDir": {}}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "web-migrations-1", "namespace": "shop"},
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": 60,
            "template": {"metadata": {"labels": {"app": "web-migrations"}}, "spec": pod},
            **spec,
        },
    }


def written(machine: Machine) -> list[str]:
    return (machine.images / IMAGE / "out").read_text().splitlines()


def test_it_runs_once_with_its_environment_and_leaves_its_log(machine: Machine) -> None:
    jobs.run(job(machine, f"{APPEND}; print('done')"), machine)
    assert written(machine) == ["owner"]
    assert (machine.logs / "pods" / "web-migrations-1.log").read_text() == "done\n"
    assert not list((machine.home / "jobs").iterdir())


def test_a_failure_is_tried_again_and_ends_with_the_last_lines(machine: Machine) -> None:
    failing = f"{APPEND}; print('Applying: 1_a.sql'); raise SystemExit('column does not exist')"
    with pytest.raises(ProviderError) as caught:
        jobs.run(job(machine, failing), machine)
    message = str(caught.value)
    assert message.startswith("The Job web-migrations-1 failed, 3 times: its pod exited with 1.")
    assert "Applying: 1_a.sql | column does not exist" in message
    assert str(machine.logs / "pods" / "web-migrations-1.log") in message
    assert written(machine) == ["owner"] * 3


def test_a_failure_that_passes_is_no_failure(machine: Machine) -> None:
    first = f"{APPEND}; raise SystemExit(len(file.read_text().splitlines()) < 2)"
    jobs.run(job(machine, first), machine)
    assert written(machine) == ["owner"] * 2


def test_it_ends_when_its_time_is_over(machine: Machine) -> None:
    began = time.monotonic()
    slow = job(machine, "import time; print('waits', flush=True); time.sleep(60)", activeDeadlineSeconds=1)
    with pytest.raises(ProviderError, match=r"took longer than the Job's activeDeadlineSeconds\. .*waits"):
        jobs.run(slow, machine)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parallelism": 2}, "Job.spec.parallelism is not supported"),
        ({"ttlSecondsAfterFinished": 60}, "Job.spec.ttlSecondsAfterFinished is not supported"),
    ],
)
def test_what_can_t_be_done_is_refused(machine: Machine, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        jobs.run(job(machine, APPEND, **change), machine)
    assert not (machine.images / IMAGE / "out").exists()


@pytest.mark.parametrize(("field", "value"), [("initContainers", [{"name": "first"}]), ("restartPolicy", "OnFailure")])
def test_a_pod_that_could_not_run_so_is_refused(machine: Machine, field: str, value: object) -> None:
    manifest = job(machine, APPEND)
    manifest["spec"]["template"]["spec"][field] = value
    with pytest.raises(RefusedError, match=field):
        jobs.run(manifest, machine)


def test_probes_are_refused(machine: Machine) -> None:
    manifest = job(machine, APPEND)
    manifest["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"path": "/", "port": 1}}
    with pytest.raises(RefusedError, match="livenessProbe is not supported"):
        jobs.run(manifest, machine)


def test_an_image_that_is_not_here_is_named(machine: Machine) -> None:
    manifest = json.loads(json.dumps(job(machine, APPEND)).replace(IMAGE, "f" * 64))
    with pytest.raises(MissingError, match="is not on this machine"):
        jobs.run(manifest, machine)
