"""An OpenAPI document as it is written: loading it, following its references, walking its operations.

Only tools that run at build time and the program import this module: a function's bundle has no YAML parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The members of a path item that are operations, in the specification's order
(https://spec.openapis.org/oas/v3.0.3#path-item-object)."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C, where PyYAML has it: it takes a tenth of the time of `yaml.safe_load`."""


class ContractError(ValueError):
    """The contract says something that can't be, or lacks something: one sentence for each problem."""

    def __init__(self, source: str, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{source} is not valid:", *(f"  {problem}" for problem in self.problems)]))


@dataclass(frozen=True, kw_only=True)
class Route:
    """An operation of the document, by its method and path.

    `spec` is the operation object, completed by what holds for all: the parameters of its path come before its own, and
    the document's `security` holds where it has none.
    """

    method: str
    path: str
    spec: Document

    @property
    def key(self) -> str:
        """The name that API Gateway gives the route: `GET /users/{userId}`."""
        return f"{self.method} {self.path}"


def read_yaml(text: str) -> Any:
    """Returns the value of a YAML text. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader


def read_yaml_documents(text: str) -> Iterator[Any]:
    """Yields the values of a YAML text of several documents, without those that are empty. Raises yaml.YAMLError."""
    return filter(None, yaml.load_all(text, Loader=_LOADER))


def load(path: Path) -> Document:
    """Returns the document in the file. Raises ContractError when it is no YAML, or no OpenAPI document."""
    return parse(path.read_text(), source=str(path))


def parse(text: str, *, source: str) -> Document:
    """Returns the document in the text. Raises ContractError, which names `source`."""
    try:
        document = read_yaml(text)
    except yaml.YAMLError as error:
        raise ContractError(source, [f"it can't be read as YAML: {error}"]) from None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise ContractError(source, ["it has no `paths`, as every OpenAPI document does"])
    return document


def routes(document: Document) -> Iterator[Route]:
    """Yields the operations in the order of the document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                spec = {"security": document["security"], **item[method]} if "security" in document else item[method]
                parameters = [*item.get("parameters", []), *spec.get("parameters", [])]
                yield Route(method=method.upper(), path=path, spec={**spec, "parameters": parameters})


def follow(document: Document, value: Document) -> Document:
    """Returns what a reference leads to, or the value itself when it is none. Raises ContractError."""
    while "$ref" in value:
        reference = str(value["$ref"])
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or name not in target:
                raise ContractError("The contract", [f"the reference {reference} leads nowhere"])
            target = target[name]
        value = target
    return value
