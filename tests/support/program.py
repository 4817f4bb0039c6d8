"""Runs the program, or a part of it, in this process and records everything that it declares: offline, nothing is made.

In a preview only inputs are known, as for an engine that creates a stack; otherwise outputs have plausible values.
"""

from __future__ import annotations

import functools
import gc
import json
import logging
import os
import pickle
import runpy
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi_aws as aws

from planning.record import Recorder
from planning.run import Registered, Registration, run_main
from planning.stack_file import as_texts, read_config
from planning.wire import SECRET, SIGNATURE, Wire
from tests.support.clouds import ANSWERS, MAPPED, Properties, computed

with warnings.catch_warnings():
    # The SDK warns of a class of its own when the module is loaded, which its first use does, whoever uses it.
    warnings.simplefilter("ignore", DeprecationWarning)
    _ = aws.lambda_.Function

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("local", "dev", "prod")
_SDKS = {"loaded": False}
"""`loaded` is True after the first run of the whole program in this process."""
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
    error_hooks: tuple[str, ...]

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
    """The declarations of one run. Outputs of components are kept by URN."""

    resources: list[Declared] = field(default_factory=list)
    outputs: Properties = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()
    component_outputs: dict[str, Properties] = field(default_factory=dict)
    component_secrets: dict[str, frozenset[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def all(self, type_: str) -> list[Declared]:
        """Returns the resources whose type token ends so: `Deployment`, `apps/v1:Deployment`."""
        return [r for r in self.resources if r.type == type_ or r.type.endswith(f":{type_}")]

    def one(self, type_: str, name: str | None = None) -> Declared:
        found = [r for r in self.all(type_) if name in (None, r.name)]
        assert len(found) == 1, f"{type_} {name}: {[r.name for r in self.all(type_)]}"
        return found[0]

    def after(self, resource: Declared) -> set[str]:
        """Returns the URNs of all that `resource` waits for, near and far: also its provider, as in the engine."""
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


class _Clouds:
    """Answers as clouds would give them: in a preview nothing but inputs, otherwise plausible outputs too."""

    def __init__(self, *, preview: bool) -> None:
        self._preview = preview

    def resource(self, registration: Registration) -> Registered:
        inputs = registration.inputs
        if self._preview:
            return Registered(id="", outputs={key: value for key, value in inputs.items() if key not in MAPPED})
        outputs = computed(registration.type, registration.name, _plain(inputs, "", set()))
        id_ = str(outputs.pop("id", f"{registration.name}-id"))
        return Registered(id=id_, outputs={**{key: v for key, v in inputs.items() if key != "id"}, **outputs})

    def function(self, token: str, args: Wire) -> Wire:
        return ANSWERS[token]


def run(
    main: Callable[[], None] | None = None,
    *,
    stack: str = "dev",
    preview: bool = False,
    config: Mapping[str, object] | None = None,
    contract: str | None = None,
) -> Program:
    """Runs `main` in this process, or the repository's program in a copy of it, for a stack with its own configuration.

    A test that looks at what happens in this process meanwhile gives `whole` as `main`.

    `config` is laid over the stack's file: full keys to values; `contract` takes the place of the API's. Raises what
    the program raises.
    """
    declare = functools.partial(_run, main or whole, stack=stack, preview=preview, config=config, contract=contract)
    if main is not None or not _SDKS["loaded"]:
        program = declare()
        _SDKS["loaded"] |= main is None
        return program
    return _of_a_copy(declare) or declare()


def _of_a_copy(declare: Callable[[], Program]) -> Program | None:
    """Returns what a copy of this process declares, or None where that fails.

    The copy ends with all that the SDK leaves behind. Collecting that here takes a quarter of the time of a run.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of locks that other threads hold. None works on the SDK.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            gc.disable()
            content = pickle.dumps(declare())
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(content)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.waitpid(pid, 0)
    return pickle.loads(content) if content else None


def _run(
    main: Callable[[], None],
    *,
    stack: str,
    preview: bool,
    config: Mapping[str, object] | None,
    contract: str | None,
) -> Program:
    messages: list[str] = []
    logger = logging.Logger("program")
    logger.addHandler(_Collect(messages))
    recorder = Recorder(_Clouds(preview=preview))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("__main__.py", "Pulumi.yaml", f"Pulumi.{stack}.yaml"):
            (folder / file).symlink_to(ROOT / file)
        services = json.loads(configuration(stack, config or {})["crosscloud:services"])
        _link_application(folder / "app", contract, services)
        run_main(main, folder, stack, recorder, preview=preview, config=_over(stack, config), logger=logger)
    return _program(recorder, messages)


def _program(recorder: Recorder, messages: list[str]) -> Program:
    record = recorder.record
    outputs, secret_outputs = _split(record.stack_outputs)
    components = {urn: _split(values) for urn, values in record.outputs.items()}
    return Program(
        resources=[_declared(registration) for registration in record.resources],
        outputs=outputs,
        secret_outputs=secret_outputs,
        component_outputs={urn: values for urn, (values, _) in components.items()},
        component_secrets={urn: secrets for urn, (_, secrets) in components.items()},
        calls=record.calls,
        warnings=messages,
    )


def _declared(registration: Registration) -> Declared:
    inputs, secrets = _split(registration.inputs)
    return Declared(
        urn=registration.urn,
        type=registration.type,
        name=registration.name,
        custom=registration.custom,
        parent=registration.parent,
        inputs=inputs,
        secrets=secrets,
        dependencies=frozenset(registration.dependencies),
        deleted_with=registration.deleted_with,
        protect=registration.protect,
        delete_before_replace=registration.delete_before_replace,
        ignore_changes=registration.ignore_changes,
        provider=registration.provider,
        error_hooks=registration.error_hooks,
    )


def _over(stack: str, config: Mapping[str, object] | None) -> dict[str, object]:
    """Returns the values that are laid over the stack's file: for `local` those that its machine gives, too."""
    return {**({"crosscloud:machine": MACHINE} if stack == "local" else {}), **(config or {})}


def configuration(stack: str, overlay: Mapping[str, object]) -> dict[str, str]:
    """The stack's file as the SDK wants it, with the machine for `local`."""
    _, values, _ = read_config(ROOT, stack)
    return as_texts({**values, **_over(stack, overlay)})


@functools.cache
def deployed(stack: str, preview: bool) -> Program:
    """The whole program for a stack, run once per test session."""
    return run(stack=stack, preview=preview)


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
        (folder / "services" / name / "__init__.py").touch()
        (folder / "services" / name / "__main__.py").write_text("from app.services.kit import server\n")


def whole() -> None:
    """Runs the repository's program, in the present folder."""
    runpy.run_path("__main__.py", run_name="__main__")


class _Collect(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


def _split(values: Wire) -> tuple[Properties, frozenset[str]]:
    """Values without marks, and the dotted paths of the secrets among them."""
    secrets: set[str] = set()
    return _plain(values, "", secrets), frozenset(secrets)


def _plain(value: Any, path: str, secrets: set[str]) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            secrets.add(path)
            return _plain(value["value"], path, set())
        prefix = f"{path}." if path else ""
        return {key: _plain(item, f"{prefix}{key}", secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}.{index}", secrets) for index, item in enumerate(value)]
    return value


def containers(deployment: Declared) -> Iterator[Properties]:
    """Every container of a Deployment's pods, init containers too."""
    spec = deployment["spec.template.spec"]
    yield from spec.get("initContainers", [])
    yield from spec["containers"]
