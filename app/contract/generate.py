"""Writes what the edge takes from `openapi.yaml`: the table of operations and the compiled validators.

`python -m app.contract.generate` writes the files, with `--check` it only tells whether they are current.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app.contract import schemas
from app.contract.operation import Operation, Source, Throttle

APP = Path(__file__).resolve().parents[1]
CONTRACT = APP / "contract" / "openapi.yaml"
METHODS = ("get", "put", "post", "patch", "delete")
NOTE = '"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""'
EXPRESSION = re.compile(r"\$request\.(?:path\.(?P<path>\w+)|body#/(?P<body>\w+))")

Document = dict[str, Any]


def generate(contract: Path = CONTRACT) -> dict[Path, str]:
    """The content that each generated file should have.

    Raises KeyError or ValueError when an operation lacks something, such as one of its extensions.
    """
    document = yaml.safe_load(contract.read_text())
    return {
        APP / "contract" / "operations.py": _operations_module(document),
        APP / "edge" / "validators.py": f"{NOTE}\n{_validators(document)}",
    }


def operations(document: Document) -> Iterator[Operation]:
    """The routes in the order of the document."""
    for route_key, spec in _routes(document):
        forward = spec["x-orchestration"]
        security = spec.get("security", document.get("security", []))
        operation = Operation(
            route_key=route_key,
            operation_id=spec["operationId"],
            scopes=frozenset(security[0]["jwt"]) if security else None,
            throttle=Throttle(rate=float(spec["x-throttle"]["rate"]), burst=int(spec["x-throttle"]["burst"])),
            max_body=int(forward["max_body"]) if "requestBody" in spec else None,
            upstream=forward["upstream"],
            method=forward["method"],
            path=forward["path"],
            parameters={name: _source(text) for name, text in forward.get("parameters", {}).items()},
            timeout=float(forward["timeout"]),
            safe=bool(forward["safe"]),
            answers=frozenset(forward["answers"]),
        )
        if set(_placeholders(operation.path)) != set(operation.parameters):
            raise ValueError(f"{route_key}: x-orchestration.parameters must name the parameters of {operation.path}.")
        yield operation


def _routes(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _placeholders(template: str) -> list[str]:
    return re.findall(r"{(\w+)}", template)


def _source(expression: str) -> Source:
    found = EXPRESSION.fullmatch(expression)
    if found is None:
        raise ValueError(f"{expression!r} is none of $request.path.<name>, $request.body#/<name>.")
    if found["path"]:
        return Source(place="path", name=found["path"])
    return Source(place="body", name=found["body"])


def _validators(document: Document) -> str:
    path: dict[str, Document] = {}
    body: dict[str, Document] = {}
    for route_key, spec in _routes(document):
        if names := _placeholders(route_key):
            declared = [_resolved(document, parameter) for parameter in spec.get("parameters", [])]
            properties = {p["name"]: p["schema"] for p in declared if p["in"] == "path"}
            if set(properties) != set(names):
                raise ValueError(f"{route_key}: the path names {sorted(names)}, `parameters` {sorted(properties)}.")
            path[spec["operationId"]] = {"type": "object", "required": names, "properties": properties}
        if "requestBody" in spec:
            body[spec["operationId"]] = spec["requestBody"]["content"]["application/json"]["schema"]
    return schemas.compiled(document["components"]["schemas"], {"PATH": path, "BODY": body})


def _resolved(document: Document, value: Document) -> Document:
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        document = document[part]
    return document


def _operations_module(document: Document) -> str:
    lines = [NOTE, "", "from app.contract.operation import Operation, Source, Throttle", "", "OPERATIONS = {"]
    for operation in operations(document):
        lines.append(f"    {_literal(operation.route_key)}: Operation(")
        lines += [f"        {name}={_literal(getattr(operation, name))}," for name in Operation.__dataclass_fields__]
        lines.append("    ),")
    return "\n".join([*lines, "}", '"""By route key."""', ""])


def _literal(value: object) -> str:
    match value:
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case frozenset():
            return "frozenset({" + ", ".join(map(_literal, sorted(value))) + "})" if value else "frozenset()"
        case dict():
            return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
        case Source():
            return f"Source(place={_literal(value.place)}, name={_literal(value.name)})"
        case _:
            return repr(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a generated file is not current")
    check = parser.parse_args().check
    stale = {path: text for path, text in generate().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if check:
            sys.stderr.write(f"{path} is not current: run `python -m app.contract.generate`.\n")
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
