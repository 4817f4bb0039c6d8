"""Runs the program, or a part of it, in this process and records everything that it declares: offline, nothing is made.

In a preview only inputs are known, as for an engine that creates a stack; otherwise outputs have plausible values.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import os
import runpy
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import yaml
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.proto import resource_pb2

from planning.run import run_in_stack
from planning.wire import SECRET, SIGNATURE
from tests.support.clouds import ANSWERS, MAPPED, Properties, computed

with warnings.catch_warnings():
    # The SDK warns of a class of its own when the module is loaded, which its first use does, whoever uses it.
    warnings.simplefilter("ignore", DeprecationWarning)
    _ = aws.lambda_.Function

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("local", "dev", "prod")
MACHINE = {"issuer": "http://127.0.0.1:8180", "ingressPort": 8444, "databasePort": 5433}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource as the program declares it. `inputs` are plain; `secrets` are the dotted paths that are marked."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: Properties
    secrets: frozenset[str]
    dependencies: frozenset[str]
    deleted_with: str
    protect: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    provider: str

    def __getitem__(self, path: str) -> Any:
        """The input at a dotted path; numbers index lists, absent values are None."""
        value: Any = self.inputs
        for step in path.split("."):
            if value is None:
                return None
            value = value[int(step)] if isinstance(value, list) else value.get(step)
        return value


@dataclass(kw_only=True)
class Program:
    """What one run declared. Outputs of components are kept by URN."""

    resources: list[Declared] = field(default_factory=list)
    outputs: Properties = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()
    component_outputs: dict[str, Properties] = field(default_factory=dict)
    component_secrets: dict[str, frozenset[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def all(self, type_: str) -> list[Declared]:
        """Those whose type token ends so: `Deployment`, `apps/v1:Deployment`."""
        return [r for r in self.resources if r.type == type_ or r.type.endswith(f":{type_}")]

    def one(self, type_: str, name: str | None = None) -> Declared:
        found = [r for r in self.all(type_) if name in (None, r.name)]
        assert len(found) == 1, f"{type_} {name}: {[r.name for r in self.all(type_)]}"
        return found[0]

    def after(self, resource: Declared) -> set[str]:
        """URNs of everything that `resource` waits for, near and far: also its provider, as in the engine."""
        by_urn = {r.urn: r for r in self.resources}
        seen: set[str] = set()
        waiting = [resource.urn]
        while waiting:
            current = by_urn[waiting.pop()]
            for urn in {*current.dependencies, current.provider} - seen:
                if urn in by_urn:
                    seen.add(urn)
                    waiting.append(urn)
        return seen


class _Silent(Mocks):
    """`MockMonitor` wants one; the monitor below answers everything itself."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(args.typ)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


class _Monitor(MockMonitor):
    def __init__(self, program: Program, *, preview: bool) -> None:
        super().__init__(_Silent())
        self._program, self._preview = program, preview

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine does it: the parents' types, without the stack's, joined by `$`."""
        if parent and (qualified := parent.split("::")[2]) != "pulumi:pulumi:Stack":
            type_ = f"{qualified}${type_}"
        return "::".join([f"urn:pulumi:{pulumi.get_stack()}", pulumi.get_project(), type_, name])

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the RPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        assert urn not in {r.urn for r in self._program.resources}, f"declared twice: {urn}"
        raw = json_format.MessageToDict(request.object)
        secrets: set[str] = set()
        inputs = _plain(raw, "", secrets)
        declared = Declared(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom or request.remote,
            parent=request.parent,
            inputs=inputs,
            secrets=frozenset(secrets),
            dependencies=frozenset(request.dependencies),
            deleted_with=request.deletedWith,
            protect=request.protect,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            provider=request.provider.rpartition("::")[0],
        )
        self._program.resources.append(declared)
        if not declared.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if self._preview:
            state, id_ = {key: value for key, value in raw.items() if key not in MAPPED}, ""
        else:
            answered = computed(request.type, request.name, inputs)
            state, id_ = {**raw, **answered}, str(answered.get("id", f"{request.name}-id"))
        state.pop("id", None)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=_struct(state))

    def RegisterResourceOutputs(self, request: Any) -> Empty:  # noqa: N802 - the RPC's name
        secrets: set[str] = set()
        values = _plain(json_format.MessageToDict(request.outputs), "", secrets)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self._program.outputs, self._program.secret_outputs = values, frozenset(secrets)
        else:
            self._program.component_outputs[request.urn] = values
            self._program.component_secrets[request.urn] = frozenset(secrets)
        return Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the RPC's name
        self._program.calls.append(request.tok)
        fields: dict[str, Any] = {"return": _struct(ANSWERS[request.tok])}
        return resource_pb2.ResourceInvokeResponse(**fields)


def run(
    main: Callable[[], None] | None = None,
    *,
    stack: str = "dev",
    preview: bool = False,
    config: Mapping[str, object] | None = None,
    contract: str | None = None,
) -> Program:
    """Runs `main`, or the repository's program in a folder of its own, for a stack with its own configuration.

    `config` is laid over the stack's file: full keys to values; `contract` takes the place of the API's. Raises what
    the program raises.
    """
    values = configuration(stack, config or {})
    program = Program()
    logger = logging.Logger("program")
    logger.addHandler(_Collect(program.warnings))
    monitor = _Monitor(program, preview=preview)
    pulumi.runtime.set_all_config(values, [])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.settings.configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=set(monitor.GetDeploymentInfo(Empty()).supportedFeatures),  # type: ignore[no-untyped-call]
            engine=MockEngine(logger),
            project="crosscloud",
            stack=stack,
            dry_run=preview,
            organization=None,
            callbacks=None,
        )
    )
    pulumi.runtime.settings.set_root_resource(None)  # type: ignore[arg-type]  # a second run in one process
    directory, path = Path.cwd(), sys.path[:]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "__main__.py").symlink_to(ROOT / "__main__.py")
        _link_application(Path(folder, "app"), contract, json.loads(values["crosscloud:services"]))
        os.chdir(folder)
        try:
            loop.run_until_complete(run_in_stack(main or _main))
        finally:
            os.chdir(directory)
            sys.path[:] = path
            asyncio.set_event_loop(None)
            loop.close()
    return program


@functools.cache
def deployed(stack: str, preview: bool) -> Program:
    """The whole program for a stack, run once per test session."""
    return run(stack=stack, preview=preview)


def configuration(stack: str, overlay: Mapping[str, object]) -> dict[str, str]:
    """The stack's file as the SDK wants it, with the machine for `local`."""
    values: dict[str, object] = dict(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"])
    if stack == "local":
        values["crosscloud:machine"] = MACHINE
    values |= overlay
    return {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items() if v is not None}


def _link_application(folder: Path, contract: str | None, services: Iterable[str]) -> None:
    """Puts the application at `folder`, with `contract` as the API's and sources for services that it does not have."""
    unknown = [name for name in services if not (ROOT / "app/services" / name).is_dir()]
    if contract is None and not unknown:
        folder.symlink_to(ROOT / "app")
        return
    shutil.copytree(ROOT / "app", folder, ignore=shutil.ignore_patterns("__pycache__"))
    if contract is not None:
        (folder / "contract" / "openapi.yaml").write_text(contract)
    for name in unknown:
        (folder / "services" / name).mkdir()
        (folder / "services" / name / "__main__.py").write_text("from app.services.kit import server\n")


def _main() -> None:
    runpy.run_path("__main__.py", run_name="__main__")


class _Collect(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


def _plain(value: Any, path: str, secrets: set[str]) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            secrets.add(path)
            return _plain(value["value"], path, set())
        prefix = f"{path}." if path else ""
        return {key: _plain(item, f"{prefix}{key}", secrets) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item, f"{path}.{index}", secrets) for index, item in enumerate(value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(value), struct_pb2.Struct())


def containers(deployment: Declared) -> Iterator[Properties]:
    """Every container of a Deployment's pods, init containers too."""
    spec = deployment["spec.template.spec"]
    yield from spec.get("initContainers", [])
    yield from spec["containers"]
