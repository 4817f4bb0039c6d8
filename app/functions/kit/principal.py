"""The caller: the claims of the token that the gateway has verified, and what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.contract import callers
from app.contract.callers import Reach
from app.contract.operation import STAFF, STAFF_GROUP, Operation
from app.contract.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError

LONGEST_SUBJECT = 255
"""Characters of a subject (https://openid.net/specs/openid-connect-core-1_0.html#IDToken). A longer one is nobody's: a
service would refuse the header that names the caller."""
GROUPS_CLAIM = "groups"
"""The claim with a person's groups, where the settings name no other."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The subject of a token, with what the token allows for one operation."""

    subject: str
    name: str
    """The subject as the services know it: see `app.contract.callers`."""
    scopes: frozenset[str]
    """The scopes that count. Those that begin with STAFF are left out where the token's holder may not have them."""
    reach: Reach
    """The range of data that the operation may reach for this caller."""


def authorise(
    event: Mapping[str, Any], operation: Operation, *, scope_prefix: str = "", groups_claim: str = GROUPS_CLAIM
) -> Principal | None:
    """Returns the caller; None for a public operation. Only scopes with the prefix count, by what follows it.

    Raises ProblemError: 401 without verified claims (a route that lost its authorizer stays closed), 403 when a scope
    is missing. The challenges are RFC 6750's.
    """
    if operation.security is None:
        return None
    try:
        claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
        subject, granted = claims["sub"], str(claims.get("scope", "")).split()
    except (KeyError, TypeError, AttributeError):
        raise _unauthenticated() from None
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise _unauthenticated()
    if scope_prefix:
        granted = [scope.removeprefix(scope_prefix) for scope in granted if scope.startswith(scope_prefix)]
    if not _may_hold_staff_scopes(claims, groups_claim):
        granted = [scope for scope in granted if not scope.startswith(STAFF)]
    scopes = frozenset(granted)
    sufficient = [needed for needed in operation.security if needed <= scopes]
    if not sufficient:
        raise _forbidden(operation.security)
    reach = Reach.ANY if any(map(_is_staff, sufficient)) else Reach.OWN
    return Principal(subject=subject, name=_name(subject), scopes=scopes, reach=reach)


def _is_staff(scopes: frozenset[str]) -> bool:
    return bool(scopes) and all(scope.startswith(STAFF) for scope in scopes)


def _may_hold_staff_scopes(claims: Mapping[str, Any], groups_claim: str) -> bool:
    """Returns whether the token is a program's own, or a person's who is in the group STAFF_GROUP.

    A person may ask for any scope of the client by which they sign in, so the group decides. The token of a program
    names the program as its subject too (RFC 9068, section 2.2), and the issuer holds it to the scopes of its client.
    """
    if claims["sub"] == claims.get("client_id"):
        return True
    return STAFF_GROUP in _groups(claims.get(groups_claim))


def _groups(claim: object) -> list[str]:
    """Returns the names in a claim. A text is one name, or a list as API Gateway passes it on: `[staff admin]`.

    In such a list a blank within a name looks like the end of the name: no group's name may hold one.
    """
    if isinstance(claim, str):
        return claim[1:-1].split() if claim.startswith("[") and claim.endswith("]") else [claim]
    return [name for name in claim if isinstance(name, str)] if isinstance(claim, list) else []


def _forbidden(security: tuple[frozenset[str], ...]) -> ProblemError:
    alternatives = [" ".join(sorted(scopes)) for scopes in security]
    detail = f"The operation needs the scope {', or '.join(alternatives)}."
    if any(map(_is_staff, security)):
        detail += f" Scopes that begin with {STAFF} count for programs and for members of the group {STAFF_GROUP} only."
    challenge = f'Bearer error="insufficient_scope", scope="{alternatives[0]}"'
    return ProblemError(FORBIDDEN, detail, headers={"www-authenticate": challenge})


def _name(subject: str) -> str:
    try:
        return callers.of_subject(subject)
    except UnicodeEncodeError:  # half of a surrogate pair is nobody's name
        raise _unauthenticated() from None


def _unauthenticated() -> ProblemError:
    return ProblemError(
        UNAUTHENTICATED, "Send a token: Authorization: Bearer <token>.", headers={"www-authenticate": "Bearer"}
    )
