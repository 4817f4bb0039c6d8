"""What a provider of this machine is: per resource type, how to create, update, delete and find the real thing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

Properties = dict[str, Any]
"""Camel-case keys as on Pulumi's wire; plain values, secrets unwrapped; archives and assets as `Archive`."""

Function = Callable[[Properties], Properties]
"""An invoke, such as azure-native:authorization:getClientConfig."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A created resource. `outputs` are merged over the inputs."""

    id: str
    outputs: Properties = field(default_factory=dict)


class Handler(ABC):
    """One resource type.

    Every operation may be repeated: after a crash between the effect and the saved state the same create (same `name`,
    same inputs) comes again and must adopt what is there; deleting what is gone succeeds. Operations run in threads,
    several at a time. Failures raise `local.errors.ProviderError` with a sentence for people.
    """

    secret_outputs: ClassVar[frozenset[str]] = frozenset()

    def fingerprint(self, inputs: Properties) -> Properties:
        """What lies outside of the inputs and makes a change of the resource (a hash of sources); kept among them."""
        return {}

    @abstractmethod
    def create(self, name: str, inputs: Properties) -> Made:
        """Makes it. `name` is the Pulumi name, unique within type and parent: physical names derive from it."""

    @abstractmethod
    def delete(self, id_: str, outputs: Properties) -> None:
        """Removes it; it may be gone already."""

    def exists(self, id_: str, outputs: Properties) -> bool:
        """False when it has vanished outside of this program, so that `up` makes it again."""
        return True


class Updatable(Handler):
    """A type whose resources can change in place; another's are replaced by a change of inputs."""

    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs that can't."""

    @abstractmethod
    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        """Changes it and returns its outputs."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """The types (`aws:lambda/function:Function`) and functions that one Pulumi package has on this machine."""

    handlers: Mapping[str, Handler]
    functions: Mapping[str, Function] = field(default_factory=dict)
