"""What the program declares for a stack, and what differs from another revision: offline, nothing is created."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pulumi

from local.errors import LocalError
from local.program import STACK_TYPE, Registered, Registration, run_program
from local.wire import ARCHIVE, ASSET, SIGNATURE, UNKNOWN, Wire, is_secret

COMPUTED = "<computed>"
MASKED = "[secret]"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A declared resource. Secrets are masked, values that only a provider knows are `<computed>`."""

    urn: str
    type: str
    name: str
    parent: str
    dependencies: tuple[str, ...]
    properties: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource that differs. `properties` maps a path to (before, after); None stands for absent."""

    operation: str
    resource: Planned
    properties: dict[str, tuple[Any, Any]]


STAND_INS: dict[str, object] = {
    "crosscloud:machine": {"issuer": "http://127.0.0.1:80", "ingressPort": 443, "databasePort": 5432}
}
"""For the stack 'local': what a machine would give."""
_OTHER_OUTPUTS = {"azure-native:containerservice:ManagedCluster": frozenset({"identity"})}
"""Inputs whose output of the same name has another shape, so that the one can't stand for the other."""


class _Recorder:
    """A `Deployment` in preview: every resource exists with its inputs, everything else is unknown."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []

    def register(self, registration: Registration) -> Registered:
        if registration.type == STACK_TYPE:
            return Registered(id="", outputs={})
        self.planned.append(
            Planned(
                urn=registration.urn,
                type=registration.type,
                name=registration.name,
                parent=registration.parent,
                dependencies=registration.dependencies,
                properties={key: _shown(value) for key, value in sorted(registration.inputs.items())},
            )
        )
        other = _OTHER_OUTPUTS.get(registration.type, frozenset())
        return Registered(id="", outputs={key: value for key, value in registration.inputs.items() if key not in other})

    def invoke(self, token: str, args: Wire) -> Wire:
        """A function's answer is known to its cloud only."""
        if token == "azure-native:authorization:getClientConfig":  # noqa: S105 - a function's name
            return dict.fromkeys(("clientId", "objectId", "subscriptionId", "tenantId"), COMPUTED)
        raise LocalError(f"A plan can't answer {token}({', '.join(sorted(args))}): only its cloud knows.")

    def outputs(self, urn: str, values: Wire) -> None:
        pass


def plan(root: Path, stack: str, *, config: dict[str, object] | None = None) -> list[Planned]:
    """Every resource of the stack in a stable order. Raises LocalError with the program's sentence when it refuses."""
    recorder = _Recorder()
    try:
        run_program(root, stack, recorder, preview=True, config=config)
    except pulumi.RunError as error:
        raise LocalError(str(error)) from error
    return sorted(recorder.planned, key=lambda planned: planned.urn)


def plan_of_revision(root: Path, stack: str, revision: str) -> list[Planned]:
    """The plan of another commit of the repository at `root`, by this commit's planner."""
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        tree = Path(folder) / "tree"
        _git(root, "worktree", "add", "--detach", "--quiet", str(tree), revision)
        try:
            command = [sys.executable, "-m", "local", "plan", "--stack", stack, "--json", "--root", str(tree)]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))
    if done.returncode:
        raise LocalError(f"The plan of {revision} failed: {done.stderr.strip()}")
    return [
        Planned(**{**raw, "dependencies": tuple(raw["dependencies"])}) for raw in json.loads(done.stdout)["resources"]
    ]


def _git(root: Path, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"git {' '.join(arguments[:2])} failed: {done.stderr.strip()}")


def compare(before: list[Planned], after: list[Planned]) -> list[Change]:
    """Deleted, changed and added resources, in that order."""
    old, new = {p.urn: p for p in before}, {p.urn: p for p in after}
    deleted = [Change(operation="delete", resource=old[urn], properties={}) for urn in old if urn not in new]
    added = [Change(operation="create", resource=new[urn], properties={}) for urn in new if urn not in old]
    changed = [
        Change(operation="update", resource=new[urn], properties=differences)
        for urn in new
        if urn in old and (differences := _differences(old[urn].properties, new[urn].properties))
    ]
    return deleted + changed + added


def _differences(old: Any, new: Any) -> dict[str, tuple[Any, Any]]:
    before, after = dict(_leaves(old)), dict(_leaves(new))
    paths = sorted({*before, *after})
    return {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def _shown(value: Any) -> Any:
    if is_secret(value):
        return MASKED
    if value == UNKNOWN:
        return COMPUTED
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE) in (ARCHIVE, ASSET):
            return f"<archive {Path(value.get('path', '')).name}>"
        return {key: _shown(item) for key, item in value.items() if key != SIGNATURE}
    return value


def as_json(stack: str, planned: list[Planned], changes: list[Change] | None) -> str:
    content: dict[str, Any] = {"stack": stack, "resources": [asdict(p) for p in planned]}
    if changes is not None:
        content["changes"] = [asdict(change) for change in changes]
    return json.dumps(content, indent=1)
