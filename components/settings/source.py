"""From Pulumi's configuration to checked settings, with every problem in one error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from components.settings.checks import Circumstances, Group

LOCAL = "local"
MACHINE = "machine"

G = TypeVar("G", bound=Group)
Given = dict[str, Any]
Schema = dict[str, Any]


class SettingsError(pulumi.RunError):
    """What is wrong with the stack's configuration: one sentence per problem."""

    def __init__(self, stack: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"Pulumi.{stack}.yaml has {count}:", *(f"  {problem}" for problem in problems)]))


class Machine(Group):
    """What `make up` knows about the machine that the stack `local` is applied to."""

    issuer: str
    ingress_port: int
    database_port: int


def read(model: type[G]) -> G:
    """The stack's settings as `model`. Raises pulumi.RunError for the stack `local` under a real engine, and
    SettingsError with all problems."""
    namespace, stack = pulumi.get_project(), pulumi.get_stack()
    given, problems = _given(namespace)
    machine = given.pop(MACHINE, None)
    if stack == LOCAL and machine is None:
        raise pulumi.RunError(
            "the stack 'local' is this machine: apply it with `make up`; a Pulumi engine deploys dev and prod"
        )
    if stack != LOCAL and machine is not None:
        raise pulumi.RunError(
            f"{namespace}:{MACHINE} is for the stack 'local' only; remove it from Pulumi.{stack}.yaml"
        )
    if machine is not None:
        _place_on(given, Machine.model_validate(machine))
    circumstances = Circumstances(production=given.get("production") is True, this_machine=machine is not None)
    try:
        settings = model.model_validate(given, context=circumstances)
    except ValidationError as error:
        problems += _sentences(model, namespace, error)
    if problems:
        raise SettingsError(stack, problems)
    return settings


def _given(namespace: str) -> tuple[Given, list[str]]:
    """Every key of the namespace; objects are JSON in Pulumi's configuration, plain values are text."""
    values: Given = {}
    problems = []
    for full, text in CONFIG.get().items():
        if not full.startswith(f"{namespace}:"):
            continue
        key = full.partition(":")[2]
        if pulumi.runtime.is_config_secret(full):
            problems.append(f"{full} is encrypted, but no setting is a secret: set it again without --secret")
            continue
        try:
            values[key] = json.loads(text)
        except json.JSONDecodeError:
            values[key] = text
    return values, problems


def _place_on(given: Given, machine: Machine) -> None:
    """Lays the addresses of this machine over the settings."""
    overlay: dict[str, Given] = {
        "identity": {"issuer": machine.issuer},
        "ingress": {"host": "localhost", "port": machine.ingress_port},
        "database": {"port": machine.database_port, "tls": "disable"},
    }
    for group, values in overlay.items():
        if isinstance(given.setdefault(group, {}), dict):
            given[group] = {**given[group], **values}


def _sentences(model: type[Group], namespace: str, error: ValidationError) -> Iterator[str]:
    schema = model.model_json_schema()
    for detail in error.errors(include_url=False):
        kind, told = detail["type"], detail["msg"]
        loc = tuple(step for step in detail["loc"] if step != "[key]")
        if kind == "setting":  # a default that our own checks refuse has its Python name here
            loc = tuple(to_camel(step) if isinstance(step, str) and step.islower() else step for step in loc)
        name = f"{namespace}:{_path(loc)}"
        given = "" if detail["input"] is None else f"; given {json.dumps(detail['input'], default=str)}"
        about = _at(schema, loc).get("description", "")
        if kind == "missing":
            yield f"{name} is missing: {about}"
        elif kind == "extra_forbidden":
            known = sorted(_resolved(schema, _at(schema, loc[:-1])).get("properties", {}))
            yield f"{name} is no setting; there are {', '.join(known)}"
        elif kind in ("model_type", "dict_type"):
            yield f"{name} must be a mapping of settings{given}"
        elif kind == "setting":
            yield f"{name} {told}{given}"
        else:
            told = re.sub(r"^(Input|String|Tuple|Value|List) | after validation, not \d+$", "", told)
            yield f"{name} {told.replace('should', 'must', 1)}{given}" + (f" ({about})" if about else "")


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".")


def _at(schema: Schema, loc: tuple[int | str, ...]) -> Schema:
    """The part of a JSON schema that describes the value at `loc`; empty where there is none."""
    node = schema
    for step in loc:
        holder = _resolved(schema, node)
        if isinstance(step, int):
            node = holder.get("items", {})
        else:
            others = [*holder.get("patternProperties", {}).values(), holder.get("additionalProperties", {})]
            node = holder.get("properties", {}).get(step) or others[0] or {}
    return node


def _resolved(schema: Schema, node: Schema) -> Schema:
    for option in node.get("anyOf", ()):
        if "$ref" in option:
            return _resolved(schema, option)
    if "$ref" in node:
        found: Schema = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return found
    return node
