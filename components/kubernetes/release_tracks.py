"""Which versions of a service run side by side, and what share of its calls each has."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input

from components.settings.services import ServiceCanary

STABLE, CANARY = "stable", "canary"


@dataclass(frozen=True, kw_only=True)
class Track:
    """Pods of one image. `name` is that of their Deployment and their Service; `weight` is their part of the sum of
    all tracks' weights."""

    name: str
    service: str
    kind: str
    image: Input[str]
    weight: int

    @property
    def labels(self) -> dict[str, str]:
        """No other pods have them."""
        return {"app": self.service, "track": self.kind}


def tracks(service: str, newest: Input[str], canary: ServiceCanary | None) -> list[Track]:
    """The stable pods keep the service's own name, so that the end of a canary is a roll-out of theirs."""
    if canary is None:
        return [Track(name=service, service=service, kind=STABLE, image=newest, weight=100)]
    kept = round(canary.weight * 1000)
    return [
        Track(name=service, service=service, kind=STABLE, image=canary.previous_image, weight=kept),
        Track(name=f"{service}-{CANARY}", service=service, kind=CANARY, image=newest, weight=1000 - kept),
    ]
