"""A stack's configuration: `Pulumi.<stack>.yaml` in the form in which the SDK takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from planning.errors import PlanningError

ENCRYPTED = "[secret]"
"""The text in the place of a value that is encrypted in the file."""
PLACEHOLDER = "# REPLACE"
"""The beginning of the comment behind a value that only whoever deploys can know."""


def read_config(root: Path, stack: str) -> tuple[str, dict[str, str], list[str]]:
    """Returns the project's name, the stack's configuration, and the keys whose values are encrypted in the file.

    An encrypted value can't be read without its key; its place is taken by `[secret]`.
    Raises PlanningError when a file is missing, no valid YAML, or of another form.
    """
    project = _read_yaml(root / "Pulumi.yaml")["name"]
    file = root / f"Pulumi.{stack}.yaml"
    values = _read_yaml(file).get("config") or {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise PlanningError(f"{file}: `config` must hold settings by their names, each a text.")
    config: dict[str, object] = {}
    secrets = []
    for key, value in values.items():
        full = key if ":" in key else f"{project}:{key}"
        config[full] = _without_secrets(value)
        if config[full] != value:
            secrets.append(full)
    return project, as_texts(config), secrets


def _without_secrets(value: object) -> object:
    """Returns a value in which `[secret]` is in the place of what is encrypted, itself or a part of it."""
    if isinstance(value, dict):
        is_encrypted = set(value) == {"secure"}
        return ENCRYPTED if is_encrypted else {key: _without_secrets(part) for key, part in value.items()}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value


def placeholders(root: Path, stack: str) -> list[int]:
    """Returns the numbers of the lines whose value is a placeholder: a comment behind it says REPLACE."""
    lines = (root / f"Pulumi.{stack}.yaml").read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if PLACEHOLDER in line and not line.startswith("#")]


def as_texts(config: Mapping[str, object]) -> dict[str, str]:
    """Returns configuration as the SDK takes it: texts, and JSON for everything else; None takes a key away."""
    return {key: v if isinstance(v, str) else json.dumps(v) for key, v in config.items() if v is not None}


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
