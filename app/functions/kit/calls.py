"""Calls of services, their answers, and their failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.contract.correlation import Correlation
from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT, Kind
from app.functions.kit.failure import FailureError

_DETAIL = {
    UNAVAILABLE: "can't be reached now; try again later",
    UPSTREAM_FAILED: "gave no usable answer",
    UPSTREAM_TIMEOUT: "did not answer in time",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to a service."""

    upstream: str
    """The name of the service."""
    method: str
    path: str
    """Path and query, encoded."""
    headers: Mapping[str, str]
    safe: bool
    """True if the call may be sent again after it may have been carried out."""
    answers: frozenset[int]
    """The statuses that are usable answers. Any other is a failure."""
    deadline: float
    """The moment, on time.monotonic, at which the answer has to be complete."""
    body: bytes | None = None
    correlation: Correlation | None = None
    """The ids that the headers have; each attempt gets a span of its own within, if they are sampled."""
    spans: list[str] = field(default_factory=list)
    """Gets the ids of these spans, for the log line of the work that makes the call."""


@dataclass(kw_only=True)
class Answer:
    """The answer of a service. `headers` finds names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1
    """The number of attempts that it took."""


class UpstreamError(FailureError):
    """A call has no usable answer."""

    def __init__(
        self,
        kind: Kind,
        call: Call,
        reason: str,
        *,
        transient: bool = False,
        delivered: bool = True,
        counts: bool = True,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Describes the failure.

        A new attempt may succeed after a `transient` one. `delivered` is False when the service can't have got the
        request; `counts` is False when the failure says nothing of the service's health. `retry_after` is in seconds.
        """
        detail = f"The service {call.upstream} {_DETAIL[kind]}."
        headers = {"retry-after": str(retry_after or 1)} if kind is UNAVAILABLE else None
        super().__init__(kind, detail, reason=reason, headers=headers)
        self.transient = transient
        self.delivered = delivered
        self.counts = counts
        self.status = status
        self.retry_after = retry_after
        self.attempts = 1
