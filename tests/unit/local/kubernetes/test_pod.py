"""The order in which a pod ends, and what of it survives its supervisor."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.kubernetes.pod import Pod, folder_of, revision_of
from local.machine import Machine
from local.processes.process import start
from tests.support.waiting import eventually
from tests.unit.local.kubernetes.cluster import Cluster

_SAYS_GOODBYE = """
import pathlib, signal, sys
folder = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: ((folder / "asked").touch(), sys.exit(0)))
(folder / "up").touch()
while True:
    signal.pause()
"""


@pytest.fixture
def pod(machine: Machine, tmp_path: Path) -> Iterator[Pod]:
    """Yields a pod whose container says when it is asked to end."""
    cluster = Cluster(machine)
    manifest = cluster.deployment["spec"]["template"]
    pod = Pod(
        machine,
        namespace="shop",
        deployment="web",
        manifest=manifest,
        objects=lambda: cluster.objects,
        changed=lambda: None,
    )
    command = [sys.executable, "-c", _SAYS_GOODBYE, str(tmp_path)]
    pod.process = start(command, env={}, cwd=tmp_path, log=pod.log, machine=machine)
    eventually((tmp_path / "up").exists, what="its start")
    pod._set("ready")
    yield pod
    asyncio.run(pod.process.stop(grace=0))


def test_it_gets_sigterm_when_nothing_is_routed_to_it(pod: Pod, tmp_path: Path) -> None:
    signalled = tmp_path / "asked"
    seen = []

    async def withdrawn() -> None:
        await asyncio.sleep(0.3)
        seen.append((pod.state, pod.ready, signalled.exists()))

    asyncio.run(pod.terminate(withdrawn, pause=False))
    assert seen == [("terminating", False, False)]
    assert signalled.exists()


@pytest.mark.parametrize("pause", [True, False])
def test_the_pre_stop_sleep_comes_between(pod: Pod, tmp_path: Path, pause: bool) -> None:
    async def withdrawn() -> None:
        pass

    if not pause:
        pod.template = replace(pod.template, pre_stop=3600.0, grace=3600.0)  # waiting for it would be noticed
    began = time.monotonic()
    asyncio.run(pod.terminate(withdrawn, pause=pause))
    assert not pause or time.monotonic() - began >= pod.template.pre_stop
    assert (tmp_path / "asked").exists()


def test_it_is_adopted_from_its_record(pod: Pod, machine: Machine) -> None:
    pod.ports = {"https": 4001, 8443: 4001}
    record = json.loads(json.dumps(pod.record()))
    again = Pod.adopted(machine, record, objects=dict, changed=lambda: None)
    assert again is not None
    assert again.record() == pod.record()
    assert (again.ports, again.ready, again.template) == (pod.ports, True, pod.template)


def test_one_that_was_not_started_yet_is_not_adopted(pod: Pod, machine: Machine) -> None:
    record = {**pod.record(), "state": "pending"}
    assert Pod.adopted(machine, record, objects=dict, changed=lambda: None) is None


def test_one_whose_container_is_dead_is_not_adopted(pod: Pod, machine: Machine) -> None:
    record = pod.record()
    assert pod.process is not None
    asyncio.run(pod.process.stop(grace=5))
    assert Pod.adopted(machine, record, objects=dict, changed=lambda: None) is None


def test_names_tell_deployment_and_template(pod: Pod, machine: Machine) -> None:
    manifest = json.loads((folder_of(machine, pod.name) / "template.json").read_text())
    deployment, revision, suffix = pod.name.rsplit("-", 2)
    assert (deployment, revision, len(suffix)) == ("web", revision_of(manifest), 5)
    manifest["metadata"]["annotations"] = {"changed": "1"}
    assert revision_of(manifest) != revision
