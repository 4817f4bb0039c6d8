"""Turns a plan into what the rules judge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from planning.errors import PlanningError
from planning.plan import STAND_INS, Planned, plan
from planning.stack_file import read_config
from policy.rule import Resource, Stack


def resources(planned: Iterable[Planned]) -> tuple[Resource, ...]:
    """Returns the resources of a plan without its components, which exist in the program only."""
    return tuple(
        Resource(type=each.type, name=each.name, properties=each.properties, protect=each.protect)
        for each in planned
        if each.custom
    )


def stack_of(root: Path, name: str, planned: list[Planned] | None = None) -> Stack:
    """Returns the stack as the program in `root` declares it. Raises PlanningError."""
    project, texts, _ = read_config(root, name)
    config = {key: _value(text) for key, text in texts.items()}
    if planned is None:
        planned = plan(root, name, config=STAND_INS if name == "local" else None)
    declared = resources(planned)
    if not declared:
        raise PlanningError(f"The program declares nothing for the stack {name}: nothing was judged.")
    return Stack(name=name, production=config.get(f"{project}:production") is True, resources=declared, config=config)


def _value(text: str) -> object:
    """Returns the value of a configuration text, which is JSON for objects."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
