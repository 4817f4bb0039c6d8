"""Fetches tokens of the pod's workload identity for Azure Database for PostgreSQL, so that there is no password.

One documented POST instead of azure-identity, which would bring msal, cryptography, requests and azure-core into the
image: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (third case).
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from app.services.kit.settings import EntraSettings
from app.services.kit.shared import Shared

SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
"""https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication"""
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The type of the assertion that stands for a client's secret (RFC 7523, section 2.2)."""
RENEW_BEFORE = 300.0
"""Seconds before a token's end from which a new one is fetched in the background, while the old one is still given."""
LAST_USE = 30.0
"""Seconds before its end from which a token is no longer given. It is needed only to connect."""
TIMEOUT = 5.0
"""Seconds that one exchange may take. Whoever connects may wait less: the exchange then goes on without them."""

_log = logging.getLogger(__name__)


class TokenError(ConnectionError):
    """The identity platform gave no token. The message holds no token."""


class TokenSource:
    """The source of the current token. One exchange serves all who wait for a token, and outlives them."""

    def __init__(
        self,
        settings: EntraSettings,
        *,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._context = context
        self._clock = clock
        self._exchange = Shared(self._renew, timeout=TIMEOUT)
        self._token = ""
        self._renewed_from = self._given_until = float("-inf")

    async def password(self) -> str:
        """Returns the token, which asyncpg asks for at every connect. Raises TokenError."""
        now = self._clock()
        if now >= self._given_until:
            try:
                await self._exchange.result()
            except TimeoutError:
                raise TokenError(f"the identity platform gave no token within {TIMEOUT:g} s") from None
        elif now >= self._renewed_from:
            self._exchange.begin()
        return self._token

    async def _renew(self) -> None:
        started = self._clock()
        try:
            token, lifetime = await asyncio.to_thread(fetch, self._settings, context=self._context)
        except TokenError as error:
            _log.warning("No token for the database: %s.", error)
            raise
        self._token, end = token, started + lifetime
        self._renewed_from, self._given_until = end - RENEW_BEFORE, end - LAST_USE


def fetch(settings: EntraSettings, *, context: ssl.SSLContext | None = None) -> tuple[str, float]:
    """Exchanges the pod's token for one of the database; returns it and its lifetime in seconds. Raises TokenError."""
    authority = urlsplit(settings.authority_host)
    connection = HTTPSConnection(authority.netloc, timeout=TIMEOUT, context=context)
    try:
        body = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "scope": SCOPE,
                "client_assertion_type": ASSERTION,
                "client_assertion": settings.token_file.read_text().strip(),  # the kubelet renews the file
            }
        )
        path = f"{authority.path.rstrip('/')}/{settings.tenant_id}/oauth2/v2.0/token"
        connection.request("POST", path, body, {"content-type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise TokenError(f"the identity platform answered {response.status} ({answer.get('error', 'no code')})")
        return str(answer["access_token"]), float(answer["expires_in"])
    except (OSError, HTTPException, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, TokenError):
            raise
        raise TokenError(f"the identity platform can't be asked ({type(error).__name__})") from error
    finally:
        connection.close()
