"""A good request for every operation, from the contract's own examples."""

from __future__ import annotations

import json
from typing import Any

from app.contract.operation import Operation
from app.functions.orchestrator.operations import OPERATIONS
from tests.support.contract import document

DOCUMENT = document()
ROUTES = list(OPERATIONS)


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = DOCUMENT
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def body_of(operation: Operation) -> str | None:
    if operation.max_body is None:
        return None
    method, path = operation.route_key.split(" ")
    content = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    return json.dumps(next(iter(content["examples"].values()))["value"])


def path_of(operation: Operation) -> dict[str, str]:
    """Values of the path's parameters."""
    return {name: str(parameter(operation, name)["example"]) for name in operation.path}


def headers_of(operation: Operation) -> dict[str, str]:
    given = {declared: str(example(operation, declared)) for declared in operation.headers.values()}
    return given | ({"content-type": "application/json"} if operation.max_body is not None else {})


def parameter(operation: Operation, name: str) -> dict[str, Any]:
    method, path = operation.route_key.split(" ")
    declared = map(resolved, DOCUMENT["paths"][path][method.lower()]["parameters"])
    return next(each for each in declared if each["name"] == name)


def example(operation: Operation, name: str) -> Any:
    declared = parameter(operation, name)
    return declared.get("example") or resolved(declared["schema"])["enum"][0]
