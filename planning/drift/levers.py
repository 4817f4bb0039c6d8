"""The levers of the runbook's emergencies: changes that people make by hand on purpose, and take back by hand.

A repair leaves them as they are, unless it is told otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Lever:
    """A lever."""

    name: str
    """The thing that a person has done by it."""
    types: tuple[str, ...]
    """The types on which it is."""
    paths: str
    """A regular expression for the paths of the properties that it moves, to their ends."""
    section: str
    """The heading of docs/runbook.md that describes it."""

    def covers(self, type_: str, path: str) -> bool:
        """Returns whether it moves a property of a type."""
        return type_ in self.types and re.fullmatch(self.paths, path) is not None


LEVERS: Sequence[Lever] = (
    Lever(
        name="a consumer is paused",
        types=("aws:lambda/eventSourceMapping:EventSourceMapping",),
        paths="enabled",
        section="Stop a consumer",
    ),
    Lever(
        name="a function is stopped or slowed down",
        types=("aws:lambda/function:Function",),
        paths="reservedConcurrentExecutions",
        section="Stop a function",
    ),
    Lever(
        name="calls go to another version of a function",
        types=("aws:lambda/alias:Alias",),
        paths=r"functionVersion|routingConfig(\..*)?",
        section="A release of a function",
    ),
    Lever(
        name="a service is stopped, or has another number of pods",
        types=("kubernetes:apps/v1:Deployment",),
        paths=r"spec\.replicas|metadata\.annotations(\.crosscloud\.local/replicas)?",
        section="Stop a service",
    ),
    Lever(
        name="an autoscaler has other bounds",
        types=("kubernetes:autoscaling/v2:HorizontalPodAutoscaler",),
        paths=r"spec\.(min|max)Replicas",
        section="Stop a service",
    ),
    Lever(
        name="pods were restarted by hand",
        types=("kubernetes:apps/v1:Deployment",),
        paths=r"spec\.template\.metadata\.annotations(\.kubectl\.kubernetes\.io/restartedAt)?",
        section="Stop a service",
    ),
)
"""Every lever. A test holds the sections to the page."""


def lever(type_: str, path: str) -> Lever | None:
    """Returns the lever that moves a property, or None."""
    return next((each for each in LEVERS if each.covers(type_, path)), None)
