"""The signals that a delivery watches: the alarms, and the measurements of each function and service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from delivery import services
from delivery.alarms import Alarms
from delivery.commands import Run
from delivery.functions import Functions, Span
from delivery.releases import FunctionRelease, ServiceRelease
from delivery.services import Services
from delivery.verdict import Measured, Subject, complaints

Value = TypeVar("Value")
Key = tuple[str, str]
"""The kind, function or service, and the name."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """The times of a delivery's watch, in seconds. docs/releases.md says why they are so long."""

    watch: float = 300.0
    """The time for which a step is watched: a metric is seen one to three minutes after what it counts."""
    poll: float = 15.0
    """The pause between two looks."""
    before: float = 3600.0
    """The time before the delivery with which the time after it is compared."""
    period: int = 60
    """A period of CloudWatch's metrics: Lambda sends a value a minute."""


@dataclass(kw_only=True)
class Watch:
    """The signals of one stack, and how they were before the delivery began."""

    alarms: Alarms
    functions: Functions
    services: Services
    times: Times
    clock: Callable[[], float]
    """Returns the seconds of the epoch."""
    moving: Sequence[FunctionRelease | ServiceRelease] = ()
    """The functions and services that have a new version."""
    newest: Mapping[str, str] = field(default_factory=dict)
    """The numbers of the new versions, by function, once they are known."""
    although: Collection[str] = ()
    """The names of the alarms that are no reason to return."""
    began: float = 0.0
    """The moment at which the delivery began."""
    before: Mapping[Key, Measured] = field(default_factory=dict)
    """The measurements of each function and service until then."""

    @classmethod
    def deployed(
        cls,
        preview: Mapping[str, Any],
        run: Run,
        *,
        times: Times,
        clock: Callable[[], float],
        although: Collection[str] = (),
    ) -> Watch:
        """Returns what can be looked at before the changes that `pulumi preview --json` printed."""
        return cls(
            alarms=Alarms.deployed(preview, run),
            functions=Functions.deployed(preview, run, period=times.period),
            services=Services.deployed(preview, run),
            times=times,
            clock=clock,
            although=although,
        )

    def begin(self, moving: Sequence[FunctionRelease | ServiceRelease]) -> None:
        """Measures how things are before the delivery. Raises DeliveryError, also when a right to look is missing."""
        self.moving, self.began = moving, self.clock()
        hour = Span(begin=self.began - self.times.before, end=self.began)
        self.before = _by_kind(self.functions.totals(hour), self.services.totals(self.times.before))

    def reasons(self) -> Iterator[str]:
        """Yields a sentence for each reason to return now. Raises DeliveryError."""
        yield from (f"{name} fired." for name in self.alarms.firing() if name not in self.although)
        now = self.clock()
        span = Span(begin=self.began, end=now)
        of_functions = [each for each in self.moving if isinstance(each, FunctionRelease) and each.name in self.newest]
        of_services = [each for each in self.moving if isinstance(each, ServiceRelease)]
        measured = self.services.measure(now - self.began)
        totals = _by_kind(self.functions.totals(span), services.totals(self.services.names, measured))
        versions = _by_kind(
            self.functions.versions(of_functions, self.newest, span), services.versions(of_services, measured)
        )
        for key, total in totals.items():
            old, new = versions.get(key, (None, None))
            before = self.before.get(key, Measured())
            yield from complaints(Subject(name=key[1], before=before, now=total, old=old, new=new))


def _by_kind(functions: Mapping[str, Value], services: Mapping[str, Value]) -> dict[Key, Value]:
    """Returns both by kind and name: a service may have a function's name."""
    kinds = {"function": functions, "service": services}
    return {(kind, name): value for kind, values in kinds.items() for name, value in values.items()}
