"""What the functions know of the public API's operations. Tables of them, such as `operations.py`, are generated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Place = Literal["path", "query", "header", "body"]
ParameterType = Literal["string", "integer"]


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """The gateway's token bucket of a route. `rate` in requests per second, `burst` in requests."""

    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where in the public request a value is: the parameter, or the member of the body, called `name`."""

    place: Place
    name: str


@dataclass(frozen=True, kw_only=True)
class Forward:
    """One call of a service, filled from the public request.

    `parameters` fill the template `path`. Of `query` and `headers`, whose texts are sent as they are, those are left
    out whose source the request does not have. With `body` the request's body goes along.
    """

    upstream: str
    method: str
    path: str
    parameters: Mapping[str, Source] = field(default_factory=dict)
    query: Mapping[str, Source | str] = field(default_factory=dict)
    headers: Mapping[str, Source | str] = field(default_factory=dict)
    body: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of several calls at once. Its answer, or the member of it called `select`, becomes a member of the whole."""

    forward: Forward
    required: bool = False
    select: str | None = None


@dataclass(frozen=True, kw_only=True)
class Orchestration:
    """How an operation is forwarded: by one call, or by `parts`.

    `timeout` is in seconds and covers retries; only what is `safe` is sent again after it may have been carried out.
    `answers` are the upstream's statuses that are passed on; any other is a failure of the upstream. With
    `only_status` the answer tells only which parts failed.
    """

    timeout: float
    safe: bool
    answers: frozenset[int]
    forward: Forward | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    only_status: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route of the public API.

    `scopes` are all needed; None makes the operation public. `max_body` is in bytes, None takes no body. `path`,
    `query` and `headers` are the parameters that are checked; `headers` gives their names by those in lower case.
    `orchestration` is None where another function than the orchestrator answers.
    """

    route_key: str
    operation_id: str
    scopes: frozenset[str] | None
    throttle: Throttle
    max_body: int | None = None
    path: tuple[str, ...] = ()
    query: Mapping[str, ParameterType] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    orchestration: Orchestration | None = None
