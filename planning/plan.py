"""The resources that the program declares for a stack, here and at another revision: offline, nothing is created."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from planning.errors import PlanningError
from planning.record import Recorder
from planning.run import Registered, Registration, run_program
from planning.wire import ARCHIVE, ASSET, SIGNATURE, UNKNOWN, Wire, is_secret

COMPUTED = "<computed>"
MASKED = "[secret]"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A declared resource.

    Secrets are masked. What only a provider knows is `<Kind name.output>` where other resources refer to that output,
    and `<computed>` elsewhere.
    """

    urn: str
    type: str
    name: str
    parent: str
    dependencies: tuple[str, ...]
    properties: dict[str, Any]
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    protect: bool = False
    custom: bool = True
    """False for a component, which exists in the program only."""
    digests: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Digests of what is masked, by path, under a key of this process: they show that a secret has changed."""


STAND_INS: dict[str, object] = {
    "crosscloud:machine": {"issuer": "http://127.0.0.1:80", "ingressPort": 443, "databasePort": 5432}
}
"""The configuration that a machine gives to the stack `local`."""

_REFERENCES = (
    *("arn", "domain", "executionArn", "invokeArn", "invokeUrl", "name", "region", "secretArn", "streamArn", "url"),
    *("clientId", "fullyQualifiedDomainName", "ipAddress", "loginServer", "principalId", "repoDigest", "version"),
)
"""Outputs that providers compute and other resources take, such as the ARN in a role's policy. With placeholders for
them a plan shows, and a rule can judge, which resource refers to which."""
_CLUSTER = "azure-native:containerservice:ManagedCluster"
_NESTED_REFERENCES = {_CLUSTER: {"oidcIssuerProfile": "issuerURL"}}
"""The same inside of an output: the member by output."""
OTHER_SHAPES = {_CLUSTER: frozenset({"identity"})}
"""Inputs whose output of the same name has another shape, so that the input can't stand for the output."""
_QUERIED = frozenset({_CLUSTER})
"""Types about which the program asks their cloud once they exist. Without an id the program does not ask."""
_PROGRAM = ("app", "components")
"""Packages of the program; each revision has its own."""
_KEY = secrets.token_bytes(32)


class _Placeholders:
    """Answers of a cloud that is not there: inputs, and placeholders for outputs to which other resources refer."""

    def resource(self, registration: Registration) -> Registered:
        inputs, type_ = registration.inputs, registration.type
        outputs = {key: value for key, value in inputs.items() if key not in OTHER_SHAPES.get(type_, ())}
        if type_.startswith(("kubernetes:", "pulumi:", "tls:", "random:")):
            return Registered(id="", outputs=outputs)
        label = f"{type_.rpartition(':')[2]} {registration.name}"
        for name in _REFERENCES:
            outputs.setdefault(name, f"<{label}.{name}>")
        for name, part in _NESTED_REFERENCES.get(type_, {}).items():
            outputs[name] = {**outputs.get(name, {}), part: f"<{label}.{part}>"}
        return Registered(id="" if type_ in _QUERIED else f"<{label}.id>", outputs=outputs)

    def function(self, token: str, args: Wire) -> Wire:
        if token == "azure-native:authorization:getClientConfig":  # noqa: S105 - a function's name
            return dict.fromkeys(("clientId", "objectId", "subscriptionId", "tenantId"), COMPUTED)
        raise PlanningError(f"A plan can't answer {token}({', '.join(sorted(args))}): only its cloud knows.")


def plan(root: Path, stack: str, *, config: dict[str, object] | None = None) -> list[Planned]:
    """Returns every resource of the stack in a stable order. Raises PlanningError when the program refuses."""
    recorder = Recorder(_Placeholders())
    try:
        with _own_modules():
            run_program(root, stack, recorder, preview=True, config=config)
    except pulumi.RunError as error:
        raise PlanningError(str(error)) from error
    return sorted(map(_planned, recorder.record.resources), key=lambda planned: planned.urn)


def plan_of_revision(
    root: Path, stack: str, revision: str, *, config: dict[str, object] | None = None
) -> list[Planned]:
    """Returns the plan of another commit of the repository at `root`.

    This commit's planner makes it, with the SDKs that are installed now. Raises PlanningError when the revision is
    unknown or its program refuses.
    """
    if not revision.strip() or revision.startswith("-"):
        raise PlanningError(f"{revision!r} is no revision: name a commit, a tag or a branch.")
    command = ["git", "archive", "--format=tar", revision]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        raise PlanningError("`git` is not on PATH: it gives the sources of another revision.") from None
    if done.returncode:
        raise PlanningError(f"git has no revision {revision} here: {done.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        tree = Path(folder).resolve() / "tree"
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(tree, filter="data")
        try:
            return plan(tree, stack, config=config)
        except Exception as error:  # an earlier program can fail in any way, as with the SDKs of now
            reason = str(error) if isinstance(error, PlanningError) else f"{type(error).__name__}: {error}"
            raise PlanningError(f"The plan of {revision} failed: {reason}") from error


@contextmanager
def _own_modules() -> Iterator[None]:
    """Lets a program import its own packages, not those of another revision that ran before."""

    def take() -> dict[str, Any]:
        names = [name for name in sys.modules if name.partition(".")[0] in _PROGRAM]
        return {name: sys.modules.pop(name) for name in names}

    others = take()
    try:
        yield
    finally:
        take()
        sys.modules.update(others)


def _planned(registration: Registration) -> Planned:
    digests: dict[str, bytes] = {}
    return Planned(
        urn=registration.urn,
        type=registration.type,
        name=registration.name,
        parent=registration.parent,
        dependencies=registration.dependencies,
        properties={key: _shown(value, key, digests) for key, value in sorted(registration.inputs.items())},
        aliases=registration.aliases,
        ignore_changes=registration.ignore_changes,
        protect=registration.protect,
        custom=registration.custom,
        digests=digests,
    )


def _shown(value: Any, path: str, digests: dict[str, bytes]) -> Any:
    """Returns the value for a reader, its keys in order; adds the digests of what is masked."""
    if is_secret(value):
        digests[path] = hmac.digest(_KEY, repr(value.get("value")).encode(), hashlib.sha256)
        return MASKED
    if value == UNKNOWN:
        return COMPUTED
    if isinstance(value, list):
        return [_shown(item, f"{path}[{index}]", digests) for index, item in enumerate(value)]
    if isinstance(value, dict):
        if value.get(SIGNATURE) in (ARCHIVE, ASSET):
            return f"<archive {Path(value.get('path', '')).name}>"
        return {key: _shown(item, f"{path}.{key}", digests) for key, item in sorted(value.items()) if key != SIGNATURE}
    return value
