"""The way from Pulumi's configuration to checked settings, with every problem in one error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG
from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from components.settings.checks import Circumstances, Group

LOCAL = "local"
"""The stack that `make up` applies to this machine."""
COLLECTOR = "local"
"""The value of `telemetry.endpoint` that stands for the collector of this machine."""
SECRETS = ("telemetry",)
"""The groups that hold secrets: only these may be encrypted, and `headers` in one must be."""
MACHINE = "machine"
"""The key under which `make up` says what it knows about this machine."""

SENTENCES = {
    "bool_parsing": "must be true or false",
    "float_parsing": "must be a number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "ip_v4_network": "must be an IPv4 network, such as 10.10.0.0/20",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "literal_error": "must be {expected}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "string_too_short": "must have {min_length} characters or more",
    "string_type": "must be a text",
    "too_long": "must have {max_length} items or fewer",
    "too_short": "must have at least {min_length} of them",
    "tuple_type": "must be a list",
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
}
"""The ends of sentences for the kinds of errors that the settings' types have, with the errors' contexts in them
(https://docs.pydantic.dev/latest/errors/validation_errors/)."""

G = TypeVar("G", bound=Group)
Given = dict[str, Any]
Schema = dict[str, Any]


class SettingsError(pulumi.RunError):
    """The stack's configuration is wrong: the message has a sentence for each problem."""

    def __init__(self, stack: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"Pulumi.{stack}.yaml has {count}:", *(f"  {problem}" for problem in problems)]))


class Databases(Group):
    """The databases of a Kubernetes that the stack `local` is applied to."""

    addresses: IPv4Network
    """The network of their pods."""
    authority: str
    """The authority that signs their certificates, PEM."""


class Machine(Group):
    """The facts that `make up` knows about the machine of the stack `local`: addresses of what it has started."""

    issuer: str
    ingress_port: int
    database_port: int
    databases: Databases | None = None
    """The databases, where they are in a Kubernetes; None: on the loopback, without TLS."""
    collector: str | None = None
    """The URL of the collector of spans; None where there is none, as in a Kubernetes, whose pods can't reach it."""
    callers: tuple[IPv4Network, ...] = ()
    """The networks that calls of the ingress come from; none: those of the stack's file."""


def read(model: type[G]) -> G:
    """Returns the stack's settings as `model`.

    Raises pulumi.RunError for the stack `local` under a real engine, and SettingsError with all problems.
    """
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
    """Returns every key of the namespace, and what is wrong with some.

    Objects are JSON in Pulumi's configuration, plain values are text.
    """
    values: Given = {}
    problems = []
    for full, text in CONFIG.get().items():
        if not full.startswith(f"{namespace}:"):
            continue
        key = full.partition(":")[2]
        encrypted = pulumi.runtime.is_config_secret(full)
        if encrypted and key not in SECRETS:
            problems.append(f"{full} is encrypted, but no setting is a secret: set it again without --secret")
            continue
        try:
            values[key] = json.loads(text)
        except json.JSONDecodeError:
            values[key] = text
        if key in SECRETS and not encrypted and pulumi.get_stack() != LOCAL and _has_headers(values[key]):
            problems.append(
                f"{full}.headers must be encrypted: set each again by `pulumi config set --secret --path "
                f"{full}.headers.NAME`"
            )
    return values, problems


def _has_headers(group: object) -> bool:
    return isinstance(group, dict) and bool(group.get("headers"))


def _place_on(given: Given, machine: Machine) -> None:
    """Lays the addresses of this machine over the settings."""
    overlay: dict[str, Given] = {
        "identity": {"issuer": machine.issuer},
        "ingress": {"host": "localhost", "port": machine.ingress_port},
        "database": {"port": machine.database_port, **_databases(machine.databases)},
    }
    if machine.callers:
        overlay["ingress"]["sourceRanges"] = [str(network) for network in machine.callers]
    telemetry = given.get("telemetry")
    if isinstance(telemetry, dict) and telemetry.get("endpoint") == COLLECTOR:
        overlay["telemetry"] = {"endpoint": machine.collector}
    for group, values in overlay.items():
        if isinstance(given.setdefault(group, {}), dict):
            given[group] = {**given[group], **values}


def _databases(databases: Databases | None) -> Given:
    """Returns where the services find the databases, and how they know them."""
    if databases is None:
        return {"tls": "disable"}
    return {"tls": "verify-full", "addresses": str(databases.addresses), "authority": databases.authority}


def _sentences(model: type[Group], namespace: str, error: ValidationError) -> Iterator[str]:
    """Yields a sentence for each problem, from the error's kind, place and context."""
    schema = model.model_json_schema()
    for detail in error.errors(include_url=False):
        kind, loc = detail["type"], tuple(step for step in detail["loc"] if step != "[key]")
        if kind == "setting":  # a default that our own checks refuse has its Python name here
            loc = tuple(to_camel(step) if isinstance(step, str) and step.islower() else step for step in loc)
        name = f"{namespace}:{_path(loc)}"
        is_shown = detail["input"] is not None and (
            loc[:1] not in [(name,) for name in SECRETS] or loc[-1] == "endpoint"
        )
        given = f"; given {json.dumps(detail['input'], default=str)}" if is_shown else ""
        about = _at(schema, loc).get("description", "")
        if kind == "missing":
            yield f"{name} is missing: {about}"
        elif kind == "extra_forbidden":
            known = sorted(_resolved(schema, _at(schema, loc[:-1])).get("properties", {}))
            yield f"{name} is no setting; there are {', '.join(known)}"
        elif kind in ("model_type", "dict_type"):
            yield f"{name} must be a mapping of settings{given}"
        elif kind == "setting":
            yield f"{name} {detail['msg']}{given}"
        else:
            yield f"{name} {_ending(detail)}{given}" + (f" ({about})" if about else "")


def _ending(detail: ErrorDetails) -> str:
    """Returns what the value must be. A kind of error without a sentence here is told in pydantic's words."""
    if detail["type"] not in SENTENCES:
        return f"is not accepted: {detail['msg']}"
    return SENTENCES[detail["type"]].format(**detail.get("ctx", {}))


def _path(loc: tuple[int | str, ...]) -> str:
    """Returns the setting's name as people write it: `cluster.authorizedIpRanges[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".")


def _at(schema: Schema, loc: tuple[int | str, ...]) -> Schema:
    """Returns the part of a JSON schema that describes the value at `loc`; it is empty where there is none."""
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
    """Returns the schema of a group that a part of the schema refers to, or the part itself."""
    for option in node.get("anyOf", ()):
        if "$ref" in option:
            return _resolved(schema, option)
    if "$ref" in node:
        definition: Schema = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return definition
    return node
