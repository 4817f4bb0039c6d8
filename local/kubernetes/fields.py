"""Refuses what the local stack does not do: a field that `fields.yaml` does not name, a value that it does not list."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from app.contract.document import read_yaml
from local.desired import Object
from local.kubernetes.manifests import Objects, RefusedError, is_duration


@cache
def known_types() -> dict[str, Any]:
    """Returns the table by type, such as `apps/v1:Deployment`."""
    table: dict[str, Any] = read_yaml(Path(__file__).with_name("fields.yaml").read_text())
    return table


@cache
def known_fields() -> dict[str, Any]:
    """Returns the table by kind."""
    return {type_.rpartition(":")[2]: fields for type_, fields in known_types().items()}


def refusals(objects: Objects) -> dict[str, RefusedError]:
    """Returns what is refused, by the objects' keys. Objects that are no Kubernetes manifests are passed over."""
    problems = {}
    for key, value in objects.items():
        if "apiVersion" in value:
            try:
                check(value)
            except RefusedError as problem:
                problems[key] = problem
    return problems


def check(manifest: Object) -> None:
    """Raises RefusedError, which names the field, for a manifest that can't be made real here."""
    kind = manifest["kind"]
    if kind not in known_fields():
        raise RefusedError(f"The local stack does not know the kind {kind}; it knows {', '.join(known_fields())}.")
    content = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind", "metadata")}
    _check(content, known_fields()[kind], kind)


def _check(value: Any, rule: Any, path: str) -> None:
    match rule:
        case {"each": item}:
            for content in _typed(value, list, path):
                _check(content, item, path)
        case dict():
            for name, content in _typed(value, dict, path).items():
                if name not in rule:
                    known = ", ".join(sorted(rule)) or "no fields"
                    raise RefusedError(f"{path}.{name} is not supported by the local stack; it knows {known}.")
                _check(content, rule[name], f"{path}.{name}")
        case list() if value not in rule:
            allowed = " or ".join(map(repr, rule))
            raise RefusedError(f"{path} is {value!r}, which the local stack does not support; it must be {allowed}.")
        case "duration" if not is_duration(value):
            raise RefusedError(f"{path} is {value!r}, which is no duration such as 20s or 500ms.")


def _typed(value: Any, type_: type, path: str) -> Any:
    if not isinstance(value, type_):
        raise RefusedError(f"{path} must be a {type_.__name__}, it is {value!r}.")
    return value
