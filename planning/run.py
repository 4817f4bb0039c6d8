"""Runs the Pulumi program in this process against a `Deployment`. The SDK's private names are used here alone."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pulumi
import uvloop
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.mocks import MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.proto import resource_pb2, source_pb2

from planning import lazy_sdks
from planning.errors import PlanningError
from planning.stack_file import as_texts, read_config
from planning.wire import Wire, decode, encode

STACK_TYPE = "pulumi:pulumi:Stack"
_MEMORY = {"frozen": False}
"""`frozen` is True once the SDKs' modules are taken out of garbage collection in this process."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A resource as the program declares it. `inputs` keep their secret marks and unknowns."""

    urn: str
    type: str
    name: str
    custom: bool
    """False for a component, which exists in the program only."""
    parent: str
    inputs: Wire
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The URNs of the resources whose outputs an input is made of, by input."""
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    protect: bool = False
    retain: bool = False
    delete_before_replace: bool = False
    deleted_with: str = ""
    """The URN of the resource whose deletion deletes this one."""
    provider: str = ""
    """The URN of an explicit provider."""
    error_hooks: tuple[str, ...] = ()
    """Names of the program's functions that an engine asks whether to try again, when an operation failed."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A registered resource as the program reads it: its id, and its outputs with their marks."""

    id: str
    outputs: Wire


class Deployment(Protocol):
    """The engine that the program runs against. Methods are called from several threads."""

    def register(self, registration: Registration) -> Registered:
        """Answers the registration of a resource or component."""

    def invoke(self, token: str, args: Wire) -> Wire:
        """Answers a call of a provider's function."""

    def outputs(self, urn: str, values: Wire) -> None:
        """Takes the outputs of a component or, under its URN, of the stack."""


class _NoMocks(Mocks):
    """The mocks that `MockMonitor` requires; the monitor below answers everything itself."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(args.typ)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


class _Callbacks:
    """Takes the program's error hooks and never calls them: no operation of a provider fails where there is none."""

    def register_error_hook(self, hook: pulumi.ErrorHook) -> None:
        """Forgets the hook. Resources still name it."""


class _Monitor(MockMonitor):
    """The engine's side of the SDK's RPCs, which passes them on to the deployment."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(_NoMocks())
        self._deployment = deployment

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Returns a URN as the real engine forms it: the parents' types joined by `$`, without the stack's."""
        if parent and (qualified := parent.split("::")[2]) != STACK_TYPE:
            type_ = f"{qualified}${type_}"
        return "::".join([f"urn:pulumi:{pulumi.get_stack()}", pulumi.get_project(), type_, name])

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the RPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        dependencies = {*request.dependencies, *(u for d in request.propertyDependencies.values() for u in d.urns)}
        registered = self._deployment.register(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=request.custom or request.remote,
                parent=request.parent,
                inputs=decode(request.object),
                dependencies=tuple(sorted(dependencies)),
                property_dependencies={key: tuple(d.urns) for key, d in request.propertyDependencies.items()},
                aliases=tuple(self._alias_urns(request)),
                ignore_changes=tuple(request.ignoreChanges),
                secret_outputs=tuple(request.additionalSecretOutputs),
                protect=request.protect,
                retain=request.retainOnDelete,
                delete_before_replace=request.deleteBeforeReplace,
                deleted_with=request.deletedWith,
                provider=request.provider.rpartition("::")[0],
                error_hooks=tuple(request.hooks.on_error),
            )
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=registered.id, object=encode(registered.outputs))

    def _alias_urns(self, request: Any) -> list[str]:
        urns = list(request.aliasURNs)
        for alias in request.aliases:
            if alias.urn:
                urns.append(alias.urn)
            else:
                spec = alias.spec
                parent = "" if spec.noParent else spec.parentUrn or request.parent
                urns.append(self.make_urn(parent, spec.type or request.type, spec.name or request.name))
        return urns

    def RegisterResourceOutputs(self, request: Any) -> Empty:  # noqa: N802 - the RPC's name
        self._deployment.outputs(request.urn, decode(request.outputs))
        return Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the RPC's name
        answer = self._deployment.invoke(request.tok, decode(request.args))
        fields: dict[str, Any] = {"return": encode(answer)}
        return resource_pb2.ResourceInvokeResponse(**fields)


def run_program(
    root: Path, stack: str, deployment: Deployment, *, preview: bool, config: Mapping[str, object] | None = None
) -> None:
    """Runs `__main__.py` of `root` once, to its end, with `root` first on the import path.

    `config` is laid over the stack's file: full keys (`project:key`) to values. Raises what the program raises.
    """
    path = sys.path[:]
    sys.path.insert(0, str(root))
    try:
        main = str(root / "__main__.py")
        run_main(
            lambda: runpy.run_path(main, run_name="__main__"), root, stack, deployment, preview=preview, config=config
        )
    finally:
        sys.path[:] = path


def run_main(
    main: Callable[[], object],
    root: Path,
    stack: str,
    deployment: Deployment,
    *,
    preview: bool,
    config: Mapping[str, object] | None = None,
    logger: logging.Logger | None = None,
) -> None:
    """Runs `main` as the program of the project in the folder `root`, with `root` as working directory.

    `config` is laid over the stack's file, where None takes a key away; `logger` takes the program's log messages.
    Raises what `main` raises.
    """
    project, values, secrets = read_config(root, stack)
    pulumi.runtime.set_all_config(as_texts({**values, **(config or {})}), secrets)
    lazy_sdks.install()
    monitor = _Monitor(deployment)
    features = set(monitor.GetDeploymentInfo(Empty()).supportedFeatures)  # type: ignore[no-untyped-call]
    loop = uvloop.new_event_loop()  # a program of many services is hundreds of thousands of steps
    asyncio.set_event_loop(loop)
    pulumi.runtime.settings.configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=features,
            engine=MockEngine(logger),
            project=project,
            stack=stack,
            dry_run=preview,
            organization=None,
            callbacks=_Callbacks(),
        )
    )
    pulumi.runtime.settings.set_root_resource(None)  # type: ignore[arg-type]  # a second run in one process
    directory = Path.cwd()
    os.chdir(root)
    try:
        loop.run_until_complete(_run_in_stack(main))
    finally:
        loop.run_until_complete(_settle())
        os.chdir(directory)
        asyncio.set_event_loop(None)
        loop.close()


async def _run_in_stack(program: Callable[[], object]) -> None:
    """Does what the SDK's `run_in_stack` does, in linear time.

    The SDK's `wait_for_rpcs` goes through all outputs again whenever one of them becomes known, which takes seconds
    with thousands of them. Here all are known, or one has failed, before it begins.
    """

    async def known() -> None:
        try:
            program()
        except SystemExit as error:  # else whoever runs the program would end with it, and with 0 as if all were done
            raise PlanningError(
                f"The program has ended itself before its end, with the status {error.code!r}. It may not call "
                "sys.exit: raise an error that says what is wrong."
            ) from error
        while pending := [task for task in list(outputs) if not task.done()]:
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
            if any(task.cancelled() or task.exception() for task in done):
                return  # the SDK raises it, with its reason

    outputs = pulumi.runtime.settings.SETTINGS.outputs
    try:
        with _uncollected(), _without_positions():
            await pulumi.runtime.stack.run_in_stack(known)
    finally:
        outputs.clear()  # what a failed run leaves is no business of the next one


@contextmanager
def _uncollected() -> Iterator[None]:
    """Holds the garbage collector off while a program runs.

    The SDKs' modules are a million objects that stay: going over them while they load, and again and again afterwards,
    doubles the time of a run.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not _MEMORY["frozen"]:  # once: what a later run leaves is garbage like any other
            gc.freeze()
            _MEMORY["frozen"] = True
        if enabled:
            gc.enable()


@contextmanager
def _without_positions() -> Iterator[None]:
    """Keeps the SDK from reading source lines for the position of each resource, which nobody here looks at."""
    module = pulumi.runtime.resource
    original = module._get_stack_trace
    module._get_stack_trace = source_pb2.StackTrace
    try:
        yield
    finally:
        module._get_stack_trace = original


async def _settle() -> None:
    """Ends what a failed program leaves: operations under way finish, whatever waits for others is dropped."""
    loop = asyncio.get_running_loop()
    # The failure is reported by now; what was abandoned for it has nothing to add.
    loop.set_exception_handler(lambda _loop, _context: None)
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await loop.shutdown_default_executor()
