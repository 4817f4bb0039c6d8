"""Keeps a caller who reaches only their own data from naming another user in a request."""

from __future__ import annotations

from app.contract.callers import Reach
from app.contract.operation import Operation, Source
from app.contract.problems import FORBIDDEN, ProblemError
from app.functions.kit.principal import Principal
from app.functions.kit.request import Request


def check(operation: Operation, principal: Principal | None, request: Request) -> None:
    """Raises ProblemError (403) when the request names another user than the caller, who reaches only their own.

    Where the request does not name the owner, whoever reads the data checks it: see `Operation.owner`.
    """
    if principal is None or principal.reach is Reach.ANY or not isinstance(operation.owner, Source):
        return
    if request.get(operation.owner) != principal.subject:
        needed = next((scopes for scopes in operation.security or () if not scopes <= principal.scopes), frozenset())
        hint = f" Another user's need the scope {' '.join(sorted(needed))}." if needed else ""
        raise ProblemError(
            FORBIDDEN,
            f"The token reaches only what belongs to its own user, {principal.subject}.{hint}",
            headers={"www-authenticate": 'Bearer error="insufficient_scope"'},
        )
