"""API keys: a second credential beside the token, of which only the hash is kept.

SHA-256 without salt is enough for keys that are random: make them with `openssl rand -hex 32`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from app.contract.problems import UNAUTHENTICATED, UNAVAILABLE, ProblemError
from app.functions.kit.failure import FailureError
from app.functions.kit.secrets import CachedSecret, Secret, SecretUnavailableError

_HASH = re.compile(r"[0-9a-f]{64}")


class ApiKeys:
    """The keys of a secret.

    The secret is a JSON object with their SHA-256, in hexadecimal digits, by their owners' names.
    """

    def __init__(self, secret: CachedSecret) -> None:
        self._secret = secret
        self._read: Secret | None = None
        self._hashes: dict[str, str] = {}

    def owner(self, key: str | None, *, timeout: float) -> str:
        """Returns the name of the key's owner. `timeout` is in seconds.

        Raises ProblemError: 401 for a key that is missing or unknown, 503 when the secret can't be had or read.
        """
        if key is None:
            raise _unknown()
        hashes = self._current(timeout)
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
        owners = [name for name, known in hashes.items() if hmac.compare_digest(known, digest)]  # never stops early
        if not owners:
            raise _unknown()
        return owners[0]

    def _current(self, timeout: float) -> dict[str, str]:
        try:
            secret = self._secret.get(timeout=max(timeout, 0.1))
            if secret is not self._read:
                self._hashes, self._read = _parsed(secret.text), secret
        except (SecretUnavailableError, ValueError) as error:
            detail, headers = "Keys can't be checked now; try again later.", {"retry-after": "1"}
            raise FailureError(UNAVAILABLE, detail, reason=f"no API keys: {error}", headers=headers) from None
        return self._hashes


def _unknown() -> ProblemError:
    return ProblemError(
        UNAUTHENTICATED, "Send a key that is known: x-api-key: <key>.", headers={"www-authenticate": "ApiKey"}
    )


def _parsed(text: str) -> dict[str, str]:
    """Returns the hashes by name. Raises ValueError, which holds nothing of the text."""
    try:
        hashes = json.loads(text)
    except ValueError:
        hashes = None
    if not isinstance(hashes, dict) or not all(isinstance(h, str) and _HASH.fullmatch(h) for h in hashes.values()):
        raise ValueError("the secret is no JSON object of SHA-256 hashes (64 of 0-9, a-f) by name")
    return hashes
