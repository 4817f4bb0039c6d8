"""Fetches tokens of the pod's workload identity for Azure Database for PostgreSQL, so that there is no password.

One documented POST instead of azure-identity, which would bring msal, cryptography, requests and azure-core into the
image: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (third case).
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from app.services.kit.settings import EntraSettings

SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
"""https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication"""
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The type of the assertion that stands for a client's secret (RFC 7523, section 2.2)."""
MARGIN = 300.0
"""Seconds before a token's end in which it is no longer given out. A token is needed only to connect."""
TIMEOUT = 5.0
"""Seconds that one exchange may take."""


class TokenError(ConnectionError):
    """The identity platform gave no token. The message holds no token."""


class TokenSource:
    """The source of the current token. It fetches a new one shortly before the old one ends."""

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
        self._lock = asyncio.Lock()
        self._token = ""
        self._fresh_until = float("-inf")

    async def password(self) -> str:
        """Returns the token, which asyncpg asks for at every connect. Raises TokenError."""
        async with self._lock:
            if self._clock() >= self._fresh_until:
                started = self._clock()
                self._token, lifetime = await asyncio.to_thread(fetch, self._settings, context=self._context)
                self._fresh_until = started + lifetime - MARGIN
            return self._token


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
