"""Rules: plain functions over resources as the program declares them, each with a name, a reason and a source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]
"""Inputs of a resource in Pulumi's own names."""

COMPUTED = "<computed>"
"""The placeholder of a value that only the provider knows."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as it is declared."""

    type: str
    """The type, such as `kubernetes:apps/v1:Deployment`."""
    name: str
    """The name in the program."""
    properties: Properties
    """The inputs; a reference to another resource's output may stand as `<Kind name.output>`."""
    protect: bool = False
    """True if an engine refuses to delete it."""

    @property
    def kind(self) -> str:
        """The last part of the type: `Deployment` of `kubernetes:apps/v1:Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def label(self) -> str:
        """Type and name, by which people are told of it."""
        return f"{self.type} {self.name}"

    def get(self, path: str, default: Any = None) -> Any:
        """Returns the property at a dotted path, such as `network.publicNetworkAccess`."""
        return at(self.properties, path, default)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that is declared for a stack."""

    name: str
    """The stack's name; `local` is a person's machine."""
    production: bool
    """The stack's setting `production`."""
    resources: tuple[Resource, ...]
    """The declared resources, without components."""
    config: Mapping[str, Any]
    """The stack file's values by full key (`aws:defaultTags`)."""

    @property
    def cloud(self) -> bool:
        """True if the stack is in the clouds, and not on a person's machine."""
        return self.name != "local"

    def of(self, *types: str) -> Iterator[Resource]:
        """Returns the resources of the types."""
        return (resource for resource in self.resources if resource.type in types)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a rule does not allow."""

    property: str
    """The dotted path of the property that is wrong."""
    allowed: str
    """The condition for the property: the end of a sentence that begins with "must"."""
    given: Any
    """The value that the property has."""
    do: str
    """The advice for mending it, an imperative sentence."""
    resource: Resource | None = None
    """The resource whose property it is, for a rule over the stack."""


ResourceCheck = Callable[[Resource], Iterator[Finding]]
StackCheck = Callable[[Stack], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that resources of some types have to keep."""

    name: str
    """The rule's name, by which exemptions name it."""
    why: str
    """The consequence that the rule prevents."""
    source: str
    """The page that describes the consequence."""
    types: tuple[str, ...] = ()
    """The types that the rule judges."""
    resource: ResourceCheck | None = None
    """The check of one resource at a time."""
    stack: StackCheck | None = None
    """The check of the resources in their relations. Without either check, policy.changes judges by the rule."""
    clouds_only: bool = False
    """True if the stack `local` is left out, because a machine lacks what the rule asks for, or does not need it."""
    production_only: bool = False
    """True if only stacks with `production: true` are judged."""
    plan_only: bool = False
    """True if the rule needs what a plan shows and an engine does not: which values are marked as secret, whose output
    a value is (`<Kind name.output>`), what nobody knows before, or what the stack's file holds."""

    def applies(self, stack: Stack) -> bool:
        """Returns whether the rule judges the stack."""
        return (stack.cloud or not self.clouds_only) and (stack.production or not self.production_only)


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A finding, with the rule that it breaks."""

    rule: Rule
    resource: str
    """Type and name of the resource."""
    finding: Finding

    def __str__(self) -> str:
        finding = self.finding
        given = "nothing" if finding.given is None else json.dumps(finding.given, default=str)
        return (
            f"{self.resource}: {finding.property} must {finding.allowed}; given {given}. {finding.do} "
            f"[{self.rule.name}: {self.rule.why}]"
        )


def at(value: Any, path: str, default: Any = None) -> Any:
    """Returns what is at a dotted path in nested mappings, or the default."""
    for step in path.split("."):
        if not isinstance(value, Mapping) or value.get(step) is None:
            return default
        value = value[step]
    return value


def items(value: Any) -> Sequence[Any]:
    """Returns a list as it is, one value as a list of it, and nothing as an empty list."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def expect(resource: Resource, path: str, *allowed: Any, do: str) -> Iterator[Finding]:
    """Yields a finding unless the property is one of the values.

    An absent property is not: a rule does not know a provider's default.
    """
    given = resource.get(path)
    if not any(given == value and type(given) is type(value) for value in allowed):
        words = " or ".join(json.dumps(value) for value in allowed)
        yield Finding(property=path, allowed=f"be {words}", given=given, do=do)


def given(resource: Resource, path: str, *, allowed: str, do: str) -> Iterator[Finding]:
    """Yields a finding when the property is absent or empty."""
    value = resource.get(path)
    if value in (None, "", [], {}):
        yield Finding(property=path, allowed=allowed, given=value, do=do)
