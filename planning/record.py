"""The recorder of programs: runs one and keeps everything that it declares, while nothing is carried out.

Plans, rendered manifests and the tests record with the same recorder. They differ in what they answer to the program:
placeholders, values that need no cloud, or what a cloud would probably answer.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from planning.errors import PlanningError
from planning.run import STACK_TYPE, Registered, Registration
from planning.wire import Wire


class Answers(Protocol):
    """The answers of resources and provider functions to a program whose resources nobody creates."""

    def resource(self, registration: Registration) -> Registered:
        """Returns the id and outputs of a resource that is not a component."""

    def function(self, token: str, args: Wire) -> Wire:
        """Returns the answer of a provider's function. Raises PlanningError for one that is not known."""


@dataclass(kw_only=True)
class Record:
    """The declarations of one run of a program."""

    resources: list[Registration] = field(default_factory=list)
    """Resources and components in the order of their registration."""
    outputs: dict[str, Wire] = field(default_factory=dict)
    """Outputs of the components by URN."""
    stack_outputs: Wire = field(default_factory=dict)
    """The values that the program exports."""
    calls: list[str] = field(default_factory=list)
    """Tokens of the provider functions that the program called."""


class Recorder:
    """A `Deployment` that keeps what is declared and lets `answers` answer."""

    def __init__(self, answers: Answers) -> None:
        self.record = Record()
        self._answers = answers
        self._urns: set[str] = set()
        self._lock = threading.Lock()

    def register(self, registration: Registration) -> Registered:
        if registration.type == STACK_TYPE:
            return Registered(id="", outputs={})
        with self._lock:
            if registration.urn in self._urns:
                raise PlanningError(twice(registration))
            self._urns.add(registration.urn)
            self.record.resources.append(registration)
        if not registration.custom:
            return Registered(id="", outputs=registration.inputs)
        return self._answers.resource(registration)

    def invoke(self, token: str, args: Wire) -> Wire:
        self.record.calls.append(token)
        return self._answers.function(token, args)

    def outputs(self, urn: str, values: Wire) -> None:
        if urn.split("::")[2] == STACK_TYPE:
            self.record.stack_outputs = values
        else:
            self.record.outputs[urn] = values


def twice(registration: Registration) -> str:
    """Returns the sentence for a resource that the program declares a second time."""
    return (
        f"The program declares {registration.type} {registration.name!r} twice under one parent. "
        "Give one of them another name."
    )
