"""What the orchestrator knows of one operation. `operations.py`, the table of them, is generated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Place = Literal["path", "body"]


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """The gateway's token bucket of a route. `rate` in requests per second, `burst` in requests."""

    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where in the public request a value is: the parameter of the path or the member of the body called `name`."""

    place: Place
    name: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route of the public API and how it is forwarded.

    `scopes` are all needed; None makes the operation public. `max_body` is in bytes, None takes no body. `parameters`
    fills the template `path`. `timeout` is in seconds and covers retries; only `safe` operations are sent again.
    `answers` are the upstream's statuses that are passed on; any other is a failure of the upstream.
    """

    route_key: str
    operation_id: str
    scopes: frozenset[str] | None
    throttle: Throttle
    max_body: int | None
    upstream: str
    method: str
    path: str
    parameters: Mapping[str, Source]
    timeout: float
    safe: bool
    answers: frozenset[int]
