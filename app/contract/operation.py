"""The operations of the public API as types: for the program, and for the tables that the functions' code is given.

`app.contract.generate` writes those tables (`operations.py` of a function), so that no function reads YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Place = Literal["path", "query", "header", "body"]
ParameterType = Literal["string", "integer"]
OwnerRule = Literal["checked-by-function", "checked-by-service", "nobody"]
"""The rule that holds where no place in the request names the owner: who knows and checks the owner, or that the data
belong to nobody."""

ORCHESTRATOR = "orchestrator"
"""The function that answers the operations that have no `x-function`."""
STAFF = "staff:"
"""The prefix of the scopes that reach everybody's data instead of the caller's own."""
STAFF_GROUP = "staff"
"""The issuer's group whose members' tokens count for scopes that begin with STAFF."""
HEALTH = "/health/"
"""The beginning of the internal paths at which the services, whose names follow, say whether they are ready."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """The gateway's token bucket of a route."""

    rate: float
    """Requests per second in the long run."""
    burst: int
    """Requests at once."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A place in the public request that a value is taken from."""

    place: Place
    name: str
    """The name of the parameter, or of the body's member."""


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A call of a service, filled from the public request."""

    upstream: str
    """The name of the service."""
    method: str
    path: str
    """The service's own path, with placeholders such as `{user_id}`."""
    parameters: Mapping[str, Source] = field(default_factory=dict)
    """The sources of the placeholders' values."""
    query: Mapping[str, Source | str] = field(default_factory=dict)
    """The values that are sent in the query: texts as they are, and sources where the request has a value there."""
    headers: Mapping[str, Source | str] = field(default_factory=dict)
    """The values that are sent in headers, as in the query. Names are in lower case."""
    body: bool = False
    """True if the request's body goes along."""

    @property
    def prefix(self) -> str:
        """The path prefix by which the ingress finds the service: the first segment, or all of a health path."""
        return self.path if self.path.startswith(HEALTH) else f"/{self.path.split('/')[1]}"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of several calls at once, whose answer becomes a member of the whole."""

    forward: Forward
    required: bool = False
    """True if there is no answer at all without this one."""
    select: str | None = None
    """The member of the answer that is taken; None takes all of it."""


@dataclass(frozen=True, kw_only=True)
class Orchestration:
    """The way in which an operation is forwarded: by one call, or by `parts`."""

    timeout: float
    """Seconds for everything that is done upstream, retries included."""
    safe: bool
    """True if a call may be sent again after it may have been carried out."""
    answers: frozenset[int]
    """The upstream's statuses that are passed on; any other is a failure of the upstream."""
    forward: Forward | None = None
    """The one call; None where there are parts."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """The calls by the members of the answer that they become."""
    only_status: bool = False
    """True if the answer says only which parts failed."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route of the public API."""

    route_key: str
    """Method and path, as API Gateway names the route: `GET /users/{userId}`."""
    operation_id: str
    security: tuple[frozenset[str], ...] | None
    """The sets of scopes of which a token needs one, whole; None lets everybody call. At most one set reaches the
    caller's own; the scopes of the other begin with STAFF and reach everybody's."""
    owner: Source | OwnerRule | None = None
    """The owner of the data that a caller may reach as their own: the place in the request that names the user, or the
    rule that says who checks it. None where no scopes reach the caller's own."""
    throttle: Throttle | None = None
    """The limit of the route; None leaves it to the stage's own."""
    max_body: int | None = None
    """Bytes that a body may have; None takes no body."""
    path: tuple[str, ...] = ()
    """The names of the path's parameters."""
    query: Mapping[str, ParameterType] = field(default_factory=dict)
    """The types of the query's parameters, by name."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The names of the headers that are checked, by those names in lower case."""
    function: str = ORCHESTRATOR
    """The function that answers."""
    orchestration: Orchestration | None = None
    """None where another function than the orchestrator answers."""

    @property
    def scopes(self) -> frozenset[str] | None:
        """Every scope that helps to call the operation; None lets everybody call."""
        return None if self.security is None else frozenset().union(*self.security)

    @property
    def method(self) -> str:
        """The HTTP method: the first word of the route's key."""
        return self.route_key.partition(" ")[0]

    @property
    def calls(self) -> tuple[Forward, ...]:
        """The calls of services by which the operation is answered."""
        if self.orchestration is None:
            return ()
        if self.orchestration.forward is not None:
            return (self.orchestration.forward,)
        return tuple(part.forward for part in self.orchestration.parts.values())
