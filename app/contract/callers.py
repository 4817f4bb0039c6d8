"""The identity of callers, as functions pass it on to the services behind the ingress.

Only functions can send these headers: the ingress takes nobody's requests but theirs, by their client certificates, and
a function makes the headers itself and passes on none that a caller sent.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote

PRINCIPAL = "x-principal"
"""The header that names who calls. Nobody's name can be another's: the kind is before the slash, and a subject has no
slash once it is encoded."""
REACH = "x-reach"
"""The header that says whose data the caller may reach: a value of Reach."""
HEADERS = frozenset({PRINCIPAL, REACH})

_TOKEN = "token/"  # noqa: S105 - a kind of principal
_SYSTEM = "system/"


class Reach(StrEnum):
    """The range of data that a caller may reach."""

    OWN = "own"
    """The data of the user whose id is the token's subject."""
    ANY = "any"
    """The data of everybody."""


def of_subject(subject: str) -> str:
    """Returns the principal of a token's subject. Raises UnicodeEncodeError for half of a surrogate pair."""
    return f"{_TOKEN}{quote(subject, safe='')}"


def of_function(name: str) -> str:
    """Returns the principal of a function that acts by itself. No token's subject leads to it."""
    return f"{_SYSTEM}{name}"


def is_system(principal: str) -> bool:
    """Returns whether the principal is a function that acts by itself."""
    return principal.startswith(_SYSTEM)
