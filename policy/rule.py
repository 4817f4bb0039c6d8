"""What a rule is: a plain function over resources as the program declares them, with a name, a reason and a source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]

COMPUTED = "<computed>"
"""A value that only the provider knows."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`properties` are the inputs in Pulumi's own names; a reference to another resource's output may stand as
    `<Kind name.output>`."""

    type: str
    name: str
    properties: Properties
    protect: bool = False

    @property
    def kind(self) -> str:
        """`Deployment` of `kubernetes:apps/v1:Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def label(self) -> str:
        return f"{self.type} {self.name}"

    def get(self, path: str, default: Any = None) -> Any:
        """The property at a dotted path, such as `network.publicNetworkAccess`."""
        return at(self.properties, path, default)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that is declared. `name` is `local` for a person's machine; `production` as the stack's setting."""

    name: str
    production: bool
    resources: tuple[Resource, ...]
    config: Mapping[str, Any]
    """The stack file's values by full key (`aws:defaultTags`)."""

    @property
    def cloud(self) -> bool:
        return self.name != "local"

    def of(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource.type in types)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`property` is a dotted path; `allowed` completes "must ..."; `do` is an imperative sentence."""

    property: str
    allowed: str
    given: Any
    do: str
    resource: Resource | None = None
    """Whose property it is, in a rule over the stack."""


ResourceCheck = Callable[[Resource], Iterator[Finding]]
StackCheck = Callable[[Stack], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`why` and `source` say what breaks without it and who says so. `types` are those that it judges: one by one with
    `resource`, in their relations with `stack`. With neither, others judge (policy.changes)."""

    name: str
    why: str
    source: str
    types: tuple[str, ...] = ()
    resource: ResourceCheck | None = None
    stack: StackCheck | None = None
    clouds_only: bool = False
    """This machine has no cloud's means, or needs none."""
    production_only: bool = False
    plan_only: bool = False
    """It needs what a plan shows and an engine does not: which values are marked as secret."""

    def applies(self, stack: Stack) -> bool:
        return (stack.cloud or not self.clouds_only) and (stack.production or not self.production_only)


@dataclass(frozen=True, kw_only=True)
class Violation:
    rule: Rule
    resource: str
    """Type and name."""
    finding: Finding

    def __str__(self) -> str:
        finding = self.finding
        given = "nothing" if finding.given is None else json.dumps(finding.given, default=str)
        return (
            f"{self.resource}: {finding.property} must {finding.allowed}; given {given}. {finding.do} "
            f"[{self.rule.name}: {self.rule.why}]"
        )


def at(value: Any, path: str, default: Any = None) -> Any:
    for step in path.split("."):
        if not isinstance(value, Mapping) or value.get(step) is None:
            return default
        value = value[step]
    return value


def items(value: Any) -> Sequence[Any]:
    """A list as it is, one value as a list of it, nothing as an empty list."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def expect(resource: Resource, path: str, *allowed: Any, do: str) -> Iterator[Finding]:
    """A finding unless the property is one of the values. Absent is not: a rule does not know a provider's default."""
    given = resource.get(path)
    if not any(given == value and type(given) is type(value) for value in allowed):
        words = " or ".join(json.dumps(value) for value in allowed)
        yield Finding(property=path, allowed=f"be {words}", given=given, do=do)


def given(resource: Resource, path: str, *, allowed: str, do: str) -> Iterator[Finding]:
    """A finding when the property is absent or empty."""
    value = resource.get(path)
    if value in (None, "", [], {}):
        yield Finding(property=path, allowed=allowed, given=value, do=do)
