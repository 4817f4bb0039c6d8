"""Who calls: the claims of the token that the gateway has verified, and what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.contract.operation import Operation
from app.contract.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError


@dataclass(frozen=True, kw_only=True)
class Principal:
    subject: str
    scopes: frozenset[str]


def authorise(event: Mapping[str, Any], operation: Operation, *, scope_prefix: str = "") -> Principal | None:
    """The caller, None for a public operation. Scopes count that have the prefix, and by what follows it.

    Raises ProblemError: 401 without verified claims (a route that lost its authorizer stays closed), 403 when a scope
    is missing. The challenges are RFC 6750's.
    """
    if operation.scopes is None:
        return None
    match event.get("requestContext"):
        case {"authorizer": {"jwt": {"claims": {"sub": str(subject), **claims}}}}:
            granted = str(claims.get("scope", "")).split()
            scopes = frozenset(s.removeprefix(scope_prefix) for s in granted if s.startswith(scope_prefix))
            principal = Principal(subject=subject, scopes=scopes)
        case _:
            raise ProblemError(
                UNAUTHENTICATED, "Send a token: Authorization: Bearer <token>.", headers={"www-authenticate": "Bearer"}
            )
    if not operation.scopes <= principal.scopes:
        needed = " ".join(sorted(operation.scopes))
        raise ProblemError(
            FORBIDDEN,
            f"The operation needs the scope {needed}.",
            headers={"www-authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
        )
    return principal
