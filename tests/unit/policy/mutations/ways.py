"""The ways to weaken an argument of a resource."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Mutation = Callable[[Properties], None]
Row = tuple[str, str, Mutation]
"""The rule that a mutation breaks, the type of the resource, and the mutation."""
APP = "spec.template.spec.containers.0"
"""The place of the container in a Deployment or a Job."""


def to(path: str, value: Any) -> Mutation:
    """Sets a property; None takes it away."""

    def mutate(properties: Properties) -> None:
        *steps, last = path.split(".")
        holder: Any = properties
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is None:
            del holder[last]
        else:
            holder[last] = value

    return mutate


def within_template(path: str, value: Any) -> Mutation:
    """Sets a property within a stack of CloudFormation."""

    def mutate(properties: Properties) -> None:
        template = json.loads(properties["templateBody"])
        to(path, value)(template)
        properties["templateBody"] = json.dumps(template)

    return mutate


def replaced(path: str, old: str, new: str) -> Mutation:
    """Replaces a part of a text."""

    def mutate(properties: Properties) -> None:
        assert old in properties[path]
        properties[path] = properties[path].replace(old, new)

    return mutate
