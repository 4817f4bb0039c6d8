"""Runs of a program of one resource, and a cluster in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import desired
from local.desired import Object
from local.engine import Engine
from local.errors import ProviderError
from local.kubernetes.manifests import key_of_manifest
from local.machine import Machine
from local.provider import Package, Properties
from local.providers import kubernetes
from local.providers.kubernetes import Manifest
from local.state import State
from planning.run import Registration

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


def changed(inputs: Properties, path: str, value: Any) -> Properties:
    head, _, rest = path.partition(".")
    return {**inputs, head: changed(inputs.get(head) or {}, rest, value) if rest else value}
