"""The caller: the claims of the token that the gateway has verified, and what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.contract.operation import Operation
from app.contract.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The subject of a token. `encoded` is the subject in percent encoding, which a header's value can hold."""

    subject: str
    encoded: str
    scopes: frozenset[str]


def authorise(event: Mapping[str, Any], operation: Operation, *, scope_prefix: str = "") -> Principal | None:
    """Returns the caller; None for a public operation. Only scopes with the prefix count, by what follows it.

    Raises ProblemError: 401 without verified claims (a route that lost its authorizer stays closed), 403 when a scope
    is missing. The challenges are RFC 6750's.
    """
    if operation.scopes is None:
        return None
    try:
        claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
        subject, granted = claims["sub"], str(claims.get("scope", "")).split()
    except (KeyError, TypeError, AttributeError):
        raise _unauthenticated() from None
    if not isinstance(subject, str) or not subject:
        raise _unauthenticated()
    if scope_prefix:
        granted = [scope.removeprefix(scope_prefix) for scope in granted if scope.startswith(scope_prefix)]
    principal = Principal(subject=subject, encoded=_encoded(subject), scopes=frozenset(granted))
    if not operation.scopes <= principal.scopes:
        needed = " ".join(sorted(operation.scopes))
        raise ProblemError(
            FORBIDDEN,
            f"The operation needs the scope {needed}.",
            headers={"www-authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
        )
    return principal


def _encoded(subject: str) -> str:
    try:
        return quote(subject, safe="")
    except UnicodeEncodeError:  # half of a surrogate pair is nobody's name
        raise _unauthenticated() from None


def _unauthenticated() -> ProblemError:
    return ProblemError(
        UNAUTHENTICATED, "Send a token: Authorization: Bearer <token>.", headers={"www-authenticate": "Bearer"}
    )
