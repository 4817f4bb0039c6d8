"""The result of a load: what became of every request, and what follows from that."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Phase(StrEnum):
    """The point to which a request had come."""

    WAITING = "waiting for a connection"
    CONNECTING = "connecting"
    SENT = "before the answer"
    BEGUN = "within the answer"
    ANSWERED = "as the answer"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The way in which a request was lost: `kind` is the status of its answer, or the name of an exception."""

    kind: str
    phase: Phase
    reused: bool
    """True when another request had used the connection before."""

    def __str__(self) -> str:
        if self.phase in (Phase.WAITING, Phase.CONNECTING):
            return f"{self.kind} {self.phase}"
        return f"{self.kind} {self.phase} on a {'reused' if self.reused else 'new'} connection"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The fate of one request. Times are in seconds."""

    at: float
    """The intended start, from the start of the load."""
    late: float
    """The delay of the generator itself."""
    latency: float
    """The time from the intended start to the end of the answer, or to the loss."""
    label: str | None = None
    loss: Loss | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcomes of all requests that were sent, in the order of their intended starts.

    Percentiles are those of the answers that were expected, in milliseconds; NaN when there are none, so that no
    comparison holds.
    """

    outcomes: tuple[Outcome, ...]
    started: float
    """The start of the load on the machine's monotonic clock."""
    seconds: float
    """The time in which requests were sent."""
    connections: int
    """The number of connections that were opened."""
    lateness_bound: float
    marks: Mapping[str, float] = field(default_factory=dict)
    """The moments that the test marked, by name, in seconds from the start."""

    @property
    def sent(self) -> int:
        return len(self.outcomes)

    @property
    def rate(self) -> float:
        """Returns the requests per second that were sent."""
        return self.sent / self.seconds

    @property
    def lost(self) -> int:
        return sum(outcome.loss is not None for outcome in self.outcomes)

    @property
    def losses(self) -> Counter[Loss]:
        """Returns how many requests were lost in which way."""
        return Counter(outcome.loss for outcome in self.outcomes if outcome.loss)

    @property
    def labels(self) -> Counter[str]:
        """Returns how many answers got each label."""
        return Counter(outcome.label for outcome in self.outcomes if outcome.label is not None)

    @property
    def lateness(self) -> float:
        """Returns the longest time in seconds by which the generator itself was late."""
        return max((outcome.late for outcome in self.outcomes), default=math.inf)

    @property
    def conclusive(self) -> bool:
        """Tells whether the generator kept its schedule. If it did not, its figures say nothing of the server."""
        return self.lateness <= self.lateness_bound

    @property
    def p50(self) -> float:
        return self.percentile(50)

    @property
    def p95(self) -> float:
        return self.percentile(95)

    @property
    def p99(self) -> float:
        return self.percentile(99)

    @property
    def longest(self) -> float:
        return self.percentile(100)

    def percentile(self, percent: float) -> float:
        """Returns the least latency in milliseconds that so many percent of the expected answers do not exceed."""
        latencies = sorted(outcome.latency for outcome in self.outcomes if not outcome.loss)
        if not latencies:
            return math.nan
        return latencies[max(0, math.ceil(len(latencies) * percent / 100) - 1)] * 1000

    @property
    def seconds_to_recover(self) -> float:
        """Returns the seconds between the intended starts of the first and the last lost request; 0 without two."""
        lost = [outcome.at for outcome in self.outcomes if outcome.loss]
        return lost[-1] - lost[0] if lost else 0.0

    @property
    def timeline(self) -> tuple[int, ...]:
        """Returns how many of the requests intended in each second from the start were lost."""
        lost = Counter(int(outcome.at) for outcome in self.outcomes if outcome.loss)
        return tuple(lost[second] for second in range(math.ceil(self.seconds)))

    def between(self, start: float = 0.0, end: float = math.inf) -> Result:
        """Returns what became of the requests that were intended in this time, in seconds from the start."""
        outcomes = tuple(outcome for outcome in self.outcomes if start <= outcome.at < end)
        return replace(self, outcomes=outcomes, seconds=min(end, self.seconds) - start)

    def __str__(self) -> str:
        """Returns one line for people."""
        lost = ", ".join(f"{count}x {loss}" for loss, count in self.losses.most_common())
        return (
            f"{'' if self.conclusive else 'INCONCLUSIVE, '}{self.sent} sent at {self.rate:.1f} per s, "
            f"{self.lost} lost{f' ({lost}) within {self.seconds_to_recover:.1f} s' if lost else ''}, "
            f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, p99 {self.p99:.1f} ms, longest {self.longest:.1f} ms, "
            f"generator at most {self.lateness * 1000:.1f} ms late"
        )
