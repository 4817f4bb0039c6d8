"""The additions to the contract and to the stacks' files that a new service needs."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment

from tools.service.names import CONTRACT, Names
from tools.service.yaml_text import added

STACKS = ("local", "dev", "prod")
CONTRACT_PLACES = {
    "tag": ("tags",),
    "path": ("paths",),
    "parameter": ("components", "parameters"),
    "schemas": ("components", "schemas"),
    "response": ("components", "responses"),
    "health_part": ("paths", "/health", "get", "x-orchestration", "parts"),
}
"""Template below `templates/contract` to the place in the contract where its text is added."""
HEALTH_NAMES = ("components", "schemas", "Health", "properties", "degraded", "items", "x-extensible-enum")
"""Place of the list of the services that `GET /health` may name."""


def contract(root: Path, names: Names, templates: Environment) -> str:
    """Returns the contract with the service's route, schemas and health."""
    text = (root / CONTRACT).read_text()
    for template, place in CONTRACT_PLACES.items():
        text = added(text, place, templates.get_template(f"contract/{template}.yaml.jinja").render(names=names))
    return added(text, HEALTH_NAMES, names.service)


def stack_file(root: Path, stack: str, names: Names, templates: Environment) -> str:
    """Returns `Pulumi.<stack>.yaml` with the service's settings."""
    entry = templates.get_template(f"settings/{stack}.yaml.jinja").render(names=names)
    return added((root / f"Pulumi.{stack}.yaml").read_text(), ("config", "crosscloud:services"), entry)
