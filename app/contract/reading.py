"""The one typed reader of `openapi.yaml`: its operations, and the schemas of what they take.

The generator of the functions' tables, the program and the tools read the contract through `Contract`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.contract.document import ContractError, Document, follow, load, routes
from app.contract.operation import Forward, Operation
from app.contract.operation_reading import OperationReading

__all__ = ["Contract", "ContractError"]

IDEMPOTENCY_KEY = "idempotency-key"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The public API: what it offers, who answers, and what callers may send."""

    operations: tuple[Operation, ...]
    """The operations, in the order of the document."""
    parameters: Mapping[str, Document]
    """The schemas of the parameters by operation id, where there is something to check: one object schema with all
    parameters, whatever their place."""
    bodies: Mapping[str, Document]
    """The schemas of the bodies by operation id, where an operation takes one."""
    schemas: Document
    """The schemas that others refer to, by name."""
    request_headers: frozenset[str]
    """Names, in lower case, of the headers that are parameters of an operation."""
    response_headers: frozenset[str]
    """Names, in lower case, of the headers that an answer may have."""

    @classmethod
    def read(cls, path: str | Path) -> Contract:
        """Reads the file. Raises ContractError with every problem that the document has."""
        return cls.of(load(Path(path)), source=str(path))

    @classmethod
    def of(cls, document: Document, *, source: str = "The contract") -> Contract:
        """Reads an OpenAPI 3.0 document. Raises ContractError, which names `source`, with every problem in it."""
        readings = [OperationReading(document, route) for route in routes(document)]
        operations = tuple(reading.operation() for reading in readings)
        problems = [problem for reading in readings for problem in reading.problems]
        problems += [*_repeated_ids(operations), *_shared_prefixes(operations)]
        if not problems:
            problems += _dangling(document)
        if problems:
            raise ContractError(source, problems)
        named = [(operation.operation_id, reading) for operation, reading in zip(operations, readings, strict=True)]
        return cls(
            operations=operations,
            parameters={id_: schema for id_, reading in named if (schema := reading.parameter_schema())},
            bodies={id_: schema for id_, reading in named if (schema := reading.body_schema())},
            schemas=document.get("components", {}).get("schemas", {}),
            request_headers=frozenset().union(*(reading.request_headers() for reading in readings)),
            response_headers=frozenset().union(*(reading.response_headers() for reading in readings)),
        )

    def answered_by(self, function: str) -> tuple[Operation, ...]:
        """Returns the operations that the function answers, in the order of the document."""
        return tuple(operation for operation in self.operations if operation.function == function)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions that answer operations, sorted."""
        return _sorted(self.operations, lambda operation: [operation.function])

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that some operation needs, sorted."""
        return _sorted(self.operations, lambda operation: operation.scopes or ())

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services that the orchestrator calls, sorted."""
        return _sorted(self.operations, lambda operation: [call.upstream for call in operation.calls])

    def prefixes(self, service: str) -> tuple[str, ...]:
        """Returns the path prefixes by which the ingress finds a service: `("/health/users", "/users")`."""
        calls = (call for operation in self.operations for call in operation.calls)
        return tuple(sorted({call.prefix for call in calls if call.upstream == service}))

    def idempotent(self, function: str) -> tuple[str, ...]:
        """Returns the ids of the function's operations that take an Idempotency-Key, in the order of the document."""
        operations = self.answered_by(function)
        return tuple(operation.operation_id for operation in operations if IDEMPOTENCY_KEY in operation.headers)


def _sorted(operations: tuple[Operation, ...], names: Callable[[Operation], Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for operation in operations for name in names(operation)}))


def _repeated_ids(operations: tuple[Operation, ...]) -> Iterator[str]:
    for operation_id, count in Counter(operation.operation_id for operation in operations).items():
        if operation_id and count > 1:
            yield f"{count} operations have the operationId {operation_id}, which names one route"


def _shared_prefixes(operations: tuple[Operation, ...]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for operation in operations:
        for call in filter(_has_prefix, operation.calls):
            owner = owners.setdefault(call.prefix, call.upstream)
            if owner != call.upstream:
                yield (
                    f"{operation.route_key}: x-orchestration.path begins with {call.prefix}, by which the ingress "
                    f"finds {owner}; {call.upstream} needs a first segment of its own"
                )


def _has_prefix(call: Forward) -> bool:
    return call.path.startswith("/")


def _dangling(document: Document) -> Iterator[str]:
    """Yields a sentence for each reference that leads nowhere."""
    for reference in sorted(_references(document)):
        try:
            follow(document, {"$ref": reference})
        except ContractError as error:
            yield from error.problems


def _references(value: object) -> set[str]:
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return set().union(*map(_references, value.values()))
        case list():
            return set().union(*map(_references, value))
        case _:
            return set()
