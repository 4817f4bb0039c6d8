"""Reads `openapi.yaml` at build time: its operations, and the schemas of what they take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.contract.operation import Forward, Operation, Orchestration, ParameterType, Part, Place, Source, Throttle

METHODS = ("get", "put", "post", "patch", "delete")
ORCHESTRATOR = "orchestrator"
"""The function that answers operations without `x-function`."""
REPLACED = frozenset({"x-request-id", "traceparent", "tracestate"})
"""Headers that `app.contract.correlation` reads: a value that is not valid is replaced, never refused."""
EXPRESSION = re.compile(r"\$request\.(?:(?P<place>path|query|header)\.(?P<name>[\w-]+)|body#/(?P<member>\w+))")
WHOLE_BODY = "$request.body"

Document = dict[str, Any]


class ContractError(ValueError):
    """An operation lacks something or says what can't be done; names the route and the place."""


def functions(document: Document) -> list[str]:
    """The names of the functions that answer operations, sorted."""
    specs = (item[method] for item in document["paths"].values() for method in METHODS if method in item)
    return sorted({spec.get("x-function", ORCHESTRATOR) for spec in specs})


def operations(document: Document, function: str = ORCHESTRATOR) -> Iterator[Operation]:
    """The routes that the function answers, in the order of the document. Raises ContractError."""
    for route_key, spec in _routes(document, function):
        try:
            yield _operation(document, route_key, spec)
        except KeyError as error:
            raise ContractError(f"{route_key} has no {error}.") from None


def parameter_schemas(document: Document, function: str = ORCHESTRATOR) -> dict[str, Document]:
    """Of each operation id that has parameters: one object schema with all that are checked, whatever the place."""
    found = {}
    for route_key, spec in _routes(document, function):
        if checked := list(_checked_parameters(document, route_key, spec)):
            found[spec["operationId"]] = {
                "type": "object",
                "required": [each["name"] for each in checked if each.get("required")],
                "properties": {each["name"]: each["schema"] for each in checked},
            }
            if not found[spec["operationId"]]["required"]:
                del found[spec["operationId"]]["required"]  # draft 4 takes no empty list
    return found


def body_schemas(document: Document, function: str = ORCHESTRATOR) -> dict[str, Document]:
    """Of each operation id that takes a body."""
    return {
        spec["operationId"]: spec["requestBody"]["content"]["application/json"]["schema"]
        for _, spec in _routes(document, function)
        if "requestBody" in spec
    }


def _routes(document: Document, function: str) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and item[method].get("x-function", ORCHESTRATOR) == function:
                shared = item.get("parameters", [])
                spec = {**item[method], "parameters": [*shared, *item[method].get("parameters", [])]}
                yield f"{method.upper()} {path}", spec


def _operation(document: Document, route_key: str, spec: Document) -> Operation:
    security = spec.get("security", document.get("security", []))
    declared = list(_checked_parameters(document, route_key, spec))
    path = tuple(each["name"] for each in declared if each["in"] == "path")
    if set(path) != set(_placeholders(route_key)):
        raise ContractError(
            f"{route_key}: the path names {sorted(_placeholders(route_key))}, `parameters` {sorted(path)}."
        )
    forward = spec.get("x-orchestration")
    if (forward is None) != ("x-function" in spec):
        raise ContractError(f"{route_key} needs either x-orchestration or x-function.")
    return Operation(
        route_key=route_key,
        operation_id=spec["operationId"],
        scopes=frozenset(security[0]["jwt"]) if security else None,
        throttle=Throttle(rate=float(spec["x-throttle"]["rate"]), burst=int(spec["x-throttle"]["burst"])),
        max_body=int((forward or spec)["max_body" if forward else "x-max-body"]) if "requestBody" in spec else None,
        path=path,
        query={each["name"]: _type(document, route_key, each) for each in declared if each["in"] == "query"},
        headers={each["name"].lower(): each["name"] for each in declared if each["in"] == "header"},
        orchestration=_orchestration(route_key, spec, declared) if forward else None,
    )


def _checked_parameters(document: Document, route_key: str, spec: Document) -> Iterator[Document]:
    """All but the replaced headers. Names are unique, so that one object can hold the values."""
    seen: set[str] = set()
    for given in spec["parameters"]:
        parameter = _resolved(document, given)
        if parameter["in"] == "header" and parameter["name"].lower() in REPLACED:
            continue
        if parameter["in"] not in ("path", "query", "header"):
            raise ContractError(f"{route_key}: {parameter['name']} is in {parameter['in']}, which is not supported.")
        if parameter["name"] in seen:
            raise ContractError(f"{route_key}: two parameters are called {parameter['name']}.")
        seen.add(parameter["name"])
        yield parameter


def _type(document: Document, route_key: str, parameter: Document) -> ParameterType:
    match _resolved(document, parameter["schema"]).get("type"):
        case "string":
            return "string"
        case "integer":
            return "integer"
        case other:
            raise ContractError(
                f"{route_key}: {parameter['name']} is of type {other}; a query can hold strings and integers."
            )


def _orchestration(route_key: str, spec: Document, declared: list[Document]) -> Orchestration:
    given = spec["x-orchestration"]
    known = {(each["in"], each["name"]) for each in declared}
    parts = {
        name: Part(
            forward=_forward(f"{route_key}: {name}", {"method": "GET", **part}, known),
            required=bool(part.get("required", False)),
            select=part.get("select"),
        )
        for name, part in given.get("parts", {}).items()
    }
    report = given.get("report")
    if report not in (None, "status") or (report and not parts):
        raise ContractError(f"{route_key}: `report` can only be `status`, and of parts.")
    if any(part.forward.method != "GET" or part.forward.body for part in parts.values()):
        raise ContractError(f"{route_key}: parts can only be GET without a body.")
    return Orchestration(
        timeout=float(given["timeout"]),
        safe=bool(given["safe"]),
        answers=frozenset(given["answers"]),
        forward=None if parts else _forward(route_key, given, known),
        parts=parts,
        only_status=report == "status",
    )


def _forward(where: str, given: Document, known: set[tuple[str, str]]) -> Forward:
    parameters = {name: _source(where, text, known) for name, text in given.get("parameters", {}).items()}
    if set(_placeholders(given["path"])) != set(parameters):
        raise ContractError(f"{where}: x-orchestration.parameters must name the parameters of {given['path']}.")
    if given.get("body") not in (None, WHOLE_BODY):
        raise ContractError(f"{where}: x-orchestration.body can only be {WHOLE_BODY}, not {given['body']!r}.")
    return Forward(
        upstream=given["upstream"],
        method=given["method"],
        path=given["path"],
        parameters=parameters,
        query={name: _value(where, value, known) for name, value in given.get("query", {}).items()},
        headers={name.lower(): _value(where, value, known) for name, value in given.get("headers", {}).items()},
        body="body" in given,
    )


def _value(where: str, value: object, known: set[tuple[str, str]]) -> Source | str:
    text = str(value)
    return _source(where, text, known) if text.startswith("$") else text


def _source(where: str, expression: str, known: set[tuple[str, str]]) -> Source:
    found = EXPRESSION.fullmatch(expression)
    if found is None:
        raise ContractError(
            f"{where}: {expression!r} is none of $request.path.<name>, $request.query.<name>, $request.header.<name>, "
            "$request.body#/<name>."
        )
    if found["member"]:
        return Source(place="body", name=found["member"])
    place: Place = "path" if found["place"] == "path" else "query" if found["place"] == "query" else "header"
    if (place, found["name"]) not in known:
        raise ContractError(f"{where}: {expression} is not among the operation's checked parameters.")
    return Source(place=place, name=found["name"])


def _placeholders(template: str) -> list[str]:
    return re.findall(r"{(\w+)}", template)


def _resolved(document: Document, value: Document) -> Document:
    while "$ref" in value:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value
