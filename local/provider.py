"""The interface of a provider on this machine: it creates, updates, deletes and finds the real thing of each type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from planning.makers import Made, Maker, Properties

__all__ = ["Function", "Handler", "Made", "MadeInMemory", "Package", "Properties", "Recorded", "Updatable"]

Function = Callable[[Properties], Properties]
"""A provider's function, such as azure-native:authorization:getClientConfig."""


class Handler(ABC):
    """One resource type; a change of any input replaces the resource.

    Every operation may be repeated: after a crash between the effect and the saved state the same create (same `name`,
    same inputs) comes again and must adopt what is there; deleting what is gone succeeds. Operations run in threads,
    several at a time. Failures raise `local.errors.ProviderError` with a sentence for people.
    """

    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    """Outputs that are secret by nature."""

    def fingerprint(self, inputs: Properties) -> Properties:
        """Returns what lies outside of the inputs and makes a change of the resource (a hash of sources).

        It is kept among the inputs.
        """
        return {}

    @abstractmethod
    def create(self, name: str, inputs: Properties) -> Made:
        """Creates it. `name` is the Pulumi name, unique within type and parent: physical names derive from it."""

    @abstractmethod
    def delete(self, id_: str, outputs: Properties) -> None:
        """Removes it; it may be gone already."""

    def abandon(self, name: str, inputs: Properties) -> None:
        """Removes what is there of one whose creation failed or was cut off, so that it has no id and no outputs."""
        self.delete("", inputs)

    def exists(self, id_: str, outputs: Properties) -> bool:
        """Returns False when it has vanished outside of this program, so that `up` creates it again."""
        return True


class Updatable(Handler):
    """A type whose resources can change in place, except for what `planning.replacements` names."""

    @abstractmethod
    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        """Changes it and returns its outputs."""


class MadeInMemory(Handler):
    """A type whose resources are values: they exist in the state only."""

    def __init__(self, make: Maker, secret_outputs: frozenset[str] = frozenset()) -> None:
        self._make = make
        self.secret_outputs = secret_outputs  # type: ignore[misc]  # of this type alone

    def create(self, name: str, inputs: Properties) -> Made:
        return self._make(name, inputs)

    def delete(self, id_: str, outputs: Properties) -> None:
        """Has nothing to remove."""


class Recorded(MadeInMemory, Updatable):
    """A resource that exists in the state only, and changes there."""

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._make(outputs.get("name", id_), new).outputs


@dataclass(frozen=True, kw_only=True)
class Package:
    """The types (`aws:lambda/function:Function`) and functions that one Pulumi package has on this machine."""

    handlers: Mapping[str, Handler]
    functions: Mapping[str, Function] = field(default_factory=dict)
