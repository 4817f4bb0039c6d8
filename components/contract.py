"""What the gateway and the ingress take from the API's contract: routes, scopes, throttles, services."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml

METHODS = ("get", "put", "post", "delete", "patch")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where PyYAML has it: a second less for every run of the program."""
ORCHESTRATOR = "orchestrator"
"""Answers where no `x-function` says otherwise."""
HEALTH = "/health/"
"""What follows is a service's name: each tells there whether it is ready."""

Document = Mapping[str, Any]


class ContractError(pulumi.RunError):
    """The contract lacks something that the gateway needs; one sentence per problem."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A token bucket: `rate` requests per second, `burst` at once."""

    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True)
class Call:
    """Of a service, by a path of its own."""

    upstream: str
    path: str

    @property
    def prefix(self) -> str:
        """By which the ingress finds the service: the first segment, or all of a health path."""
        return self.path if self.path.startswith(HEALTH) else f"/{self.path.split('/')[1]}"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route. `function` answers it; the orchestrator does so by the `calls`.

    `scopes` is None where everybody may call; `throttle` is None where the stage's holds.
    """

    operation_id: str
    method: str
    path: str
    scopes: tuple[str, ...] | None
    throttle: Throttle | None
    function: str
    calls: tuple[Call, ...]

    @property
    def route_key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Contract:
    operations: tuple[Operation, ...]

    @classmethod
    def read(cls, path: str | Path, *, services: Collection[str]) -> Contract:
        """Reads an OpenAPI 3.0 document that forwards to `services`. Raises ContractError with every problem in it."""
        document = yaml.load(Path(path).read_text(), Loader=LOADER)  # noqa: S506 - one of the safe ones
        problems: list[str] = []
        operations = tuple(_operations(document, problems))
        problems += [*_shared_prefixes(operations), *_missing(operations, services)]
        if problems:
            raise ContractError("\n".join([f"{path} can't be deployed:", *(f"  {problem}" for problem in problems)]))
        return cls(operations=operations)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(sorted({scope for operation in self.operations for scope in operation.scopes or ()}))

    @property
    def services(self) -> tuple[str, ...]:
        """Those that the orchestrator calls."""
        return tuple(sorted({call.upstream for operation in self.operations for call in operation.calls}))

    @property
    def functions(self) -> tuple[str, ...]:
        """Those that answer operations."""
        return tuple(sorted({operation.function for operation in self.operations}))

    def prefixes(self, upstream: str) -> tuple[str, ...]:
        """By which a service is found: `("/health/users", "/users")`."""
        calls = (call for operation in self.operations for call in operation.calls)
        return tuple(sorted({call.prefix for call in calls if call.upstream == upstream}))


def _operations(document: Document, problems: list[str]) -> Iterator[Operation]:
    default = document.get("security")
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            spec = item[method]
            where = f"{method.upper()} {path}"
            security = spec.get("security", default)
            if security is None:
                problems.append(f"{where} has no `security`; a public operation says so with `security: []`")
            if "operationId" not in spec:
                problems.append(f"{where} has no operationId, which names its route")
                continue
            function = spec.get("x-function", ORCHESTRATOR)
            calls = tuple(_calls(where, spec.get("x-orchestration") or {}, problems))
            if function != ORCHESTRATOR and calls:
                problems.append(f"{where} has both x-function and x-orchestration: one of them answers")
            yield Operation(
                operation_id=spec["operationId"],
                method=method.upper(),
                path=path,
                scopes=_scopes(security),
                throttle=_throttle(where, spec.get("x-throttle"), problems),
                function=function,
                calls=calls,
            )


def _calls(where: str, forward: Document, problems: list[str]) -> Iterator[Call]:
    for given in forward.get("parts", {}).values() if "parts" in forward else [forward] if forward else []:
        if "upstream" in given and str(given.get("path", "")).startswith("/"):
            yield Call(upstream=given["upstream"], path=given["path"])
        else:
            problems.append(f"{where}: x-orchestration must have an upstream and a path that begins with /: {given}")


def _scopes(security: list[Mapping[str, list[str]]] | None) -> tuple[str, ...] | None:
    if not security:
        return None
    return tuple(sorted({scope for requirement in security for scopes in requirement.values() for scope in scopes}))


def _throttle(where: str, given: Mapping[str, Any] | None, problems: list[str]) -> Throttle | None:
    if given is None:
        return None
    rate, burst = given.get("rate"), given.get("burst")
    if not isinstance(rate, int | float) or not isinstance(burst, int) or rate <= 0 or burst <= 0:
        # API Gateway takes a missing half as 0 and answers every call with 429.
        problems.append(
            f"{where}: x-throttle must have a rate (requests per second) and a burst, both above 0: {given}"
        )
        return None
    return Throttle(rate=float(rate), burst=burst)


def _shared_prefixes(operations: tuple[Operation, ...]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for where, call in _each_call(operations):
        owner = owners.setdefault(call.prefix, call.upstream)
        if owner != call.upstream:
            yield (
                f"{where}: x-orchestration.path begins with {call.prefix}, by which the ingress finds "
                f"{owner}; {call.upstream} needs a first segment of its own"
            )


def _missing(operations: tuple[Operation, ...], services: Collection[str]) -> Iterator[str]:
    for where, call in _each_call(operations):
        if call.upstream not in services:
            yield (
                f"{where}: x-orchestration.upstream is {call.upstream}, which crosscloud:services "
                f"does not have; it has {', '.join(sorted(services))}"
            )


def _each_call(operations: tuple[Operation, ...]) -> Iterator[tuple[str, Call]]:
    return ((operation.route_key, call) for operation in operations for call in operation.calls)
