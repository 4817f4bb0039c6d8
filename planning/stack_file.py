"""`Pulumi.<stack>.yaml`, as the SDK wants it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from planning.errors import PlanningError


def read_config(root: Path, stack: str) -> tuple[str, dict[str, str], list[str]]:
    """Project name, configuration of a stack as the SDK wants it, and the keys whose values are encrypted there.

    An encrypted value can't be read without its key; its place is taken by `[secret]`.
    Raises PlanningError when a file is missing or no valid YAML.
    """
    project = _read_yaml(root / "Pulumi.yaml")["name"]
    values = _read_yaml(root / f"Pulumi.{stack}.yaml").get("config") or {}
    config, secrets = {}, []
    for key, value in values.items():
        full = key if ":" in key else f"{project}:{key}"
        if isinstance(value, dict) and set(value) == {"secure"}:
            config[full] = "[secret]"
            secrets.append(full)
        else:
            config[full] = value if isinstance(value, str) else json.dumps(value)
    return project, config, secrets


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise PlanningError(f"{path} does not exist.") from None
    except yaml.YAMLError as error:
        raise PlanningError(f"{path} is no valid YAML: {str(error).replace(chr(10), ' ')}") from error
    if not isinstance(content, dict):
        raise PlanningError(f"{path} must hold a mapping, found {type(content).__name__}.")
    return content
