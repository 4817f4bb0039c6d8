"""Decides whether a caller may do what an operation does.

The scopes of the token decide and, where the settings name a secret with keys, an API key as well. Every function that
answers HTTP asks here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.contract.operation import Operation
from app.functions.kit import principal
from app.functions.kit.principal import Principal

HEADER = "x-api-key"


class KeyOwners(Protocol):
    """The API keys that are known: `app.functions.kit.api_keys.ApiKeys`."""

    def owner(self, key: str | None, *, timeout: float) -> str:
        """Returns the name of the key's owner. `timeout` is in seconds. Raises ProblemError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The caller, as far as it is known."""

    principal: Principal | None
    """The subject of the token; None for a public operation."""
    key_owner: str | None = None
    """The owner of the API key, where one is needed."""


@dataclass(frozen=True, kw_only=True)
class Authorisation:
    """The demands of a stack on its callers."""

    scope_prefix: str = ""
    """The prefix that the issuer puts before the name of a scope."""
    groups_claim: str = principal.GROUPS_CLAIM
    """The claim in which the issuer names a person's groups."""
    api_keys: KeyOwners | None = None
    """The keys of which callers need one besides a token; None where a token is enough."""

    def authorise(
        self, event: Mapping[str, Any], headers: Mapping[str, str], operation: Operation, *, deadline: float
    ) -> Caller:
        """Returns the caller. `deadline` is on time.monotonic.

        Raises ProblemError: 401 without a verified token or a known key, 403 when a scope is missing, 503 when keys
        can't be checked now. A public operation needs nothing.
        """
        subject = principal.authorise(event, operation, scope_prefix=self.scope_prefix, groups_claim=self.groups_claim)
        if subject is None or self.api_keys is None:
            return Caller(principal=subject)
        owner = self.api_keys.owner(headers.get(HEADER), timeout=deadline - time.monotonic())
        return Caller(principal=subject, key_owner=owner)
