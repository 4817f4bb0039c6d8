"""The versions of a service that run side by side, and the share of its calls that each has."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input

from components.settings.services import ServiceCanary

STABLE, CANARY = "stable", "canary"
"""The kinds of tracks."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """The pods of one image of a service."""

    name: str
    """The name of the pods' Deployment and of their Service."""
    service: str
    """The service's name."""
    kind: str
    """STABLE or CANARY."""
    image: Input[str]
    """The pods' image, by digest."""
    weight: int
    """The pods' part of the calls, of the sum of all tracks' weights."""

    @property
    def labels(self) -> dict[str, str]:
        """Labels that no other pods have."""
        return {"app": self.service, "track": self.kind}


def tracks(service: str, newest: Input[str], canary: ServiceCanary | None) -> list[Track]:
    """Returns the tracks of a service: one, or two while there is a canary.

    The stable pods keep the service's own name, so that the end of a canary is a roll-out of theirs.
    """
    if canary is None:
        return [Track(name=service, service=service, kind=STABLE, image=newest, weight=100)]
    stable = round(canary.weight * 1000)
    return [
        Track(name=service, service=service, kind=STABLE, image=canary.previous_image, weight=stable),
        Track(name=f"{service}-{CANARY}", service=service, kind=CANARY, image=newest, weight=1000 - stable),
    ]
