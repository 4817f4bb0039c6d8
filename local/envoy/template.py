"""Fills in `template.yaml`, the one template of Envoy's configuration."""

from __future__ import annotations

from functools import cache, reduce
from pathlib import Path
from typing import Any

from app.contract.document import read_yaml

Json = dict[str, Any]
Files = dict[str, list[Json]]
"""Resources by file: `lds`, `cds`, `rds-<listener>`, `eds-<cluster>`, `sds-<secret>`."""


@cache
def _template() -> Json:
    template: Json = read_yaml(Path(__file__).with_name("template.yaml").read_text())
    return template


def fill(section: str, **values: Any) -> Any:
    """Returns a section of the template with its `$names` replaced; a field whose value is None is left out.

    Raises KeyError for a field that a value does not have.
    """
    return _filled(_template()[section], values)


def _filled(node: Any, values: Json) -> Any:
    if isinstance(node, dict):
        fields = {key: _filled(value, values) for key, value in node.items()}
        return {key: value for key, value in fields.items() if value is not None}
    if isinstance(node, list):
        return [_filled(item, values) for item in node]
    if isinstance(node, str) and node.startswith("$"):
        name, *path = node[1:].split(".")
        return reduce(lambda value, field: value[field], path, values[name])
    return node


def from_file(folder: Path, name: str) -> Json:
    """Returns a reference to the file of that name, which Envoy reads again when it is replaced."""
    path = {"path": str(folder / f"{name}.json"), "watched_directory": {"path": str(folder)}}
    return {"resource_api_version": "V3", "path_config_source": path}
