"""The orchestrator's settings, from the function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.contract.logs import LEVELS
from app.functions.kit.environment import SettingsError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`upstream_url` is the ingress, `https://host[:port]`; the secret holds the client certificate for it.

    `scope_prefix` is what the issuer puts before the name of a scope, such as Cognito's `<resource server>/`.
    `api_keys_secret_arn` is empty where tokens are enough. `trace_sample_rate` is the share of new traces that are
    recorded, 0 to 1.
    """

    upstream_url: str
    tls_secret_arn: str
    scope_prefix: str
    service: str
    log_level: str
    api_keys_secret_arn: str
    trace_sample_rate: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises SettingsError."""
        problems = []
        url = environment.get("UPSTREAM_URL", "")
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
            problems.append(f"UPSTREAM_URL must be https://host[:port] without a path, got {url!r}")
        secret = environment.get("UPSTREAM_TLS_SECRET_ARN", "")
        if not secret:
            problems.append("UPSTREAM_TLS_SECRET_ARN must name the Secrets Manager secret with the client certificate")
        level = environment.get("LOG_LEVEL", "INFO").upper()
        if level not in LEVELS:
            problems.append(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, got {level!r}")
        rate = _share(environment.get("TRACE_SAMPLE_RATE", "0.01"))
        if rate is None:
            problems.append(f"TRACE_SAMPLE_RATE must be a number from 0 to 1, got {environment['TRACE_SAMPLE_RATE']!r}")
        if problems:
            raise SettingsError("; ".join(problems) + ".")
        service = environment.get("SERVICE_NAME") or "orchestrator"
        return cls(
            upstream_url=url,
            tls_secret_arn=secret,
            scope_prefix=environment.get("SCOPE_PREFIX", ""),
            service=service,
            log_level=level,
            api_keys_secret_arn=environment.get("API_KEYS_SECRET_ARN", ""),
            trace_sample_rate=rate or 0.0,
        )


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value <= 1.0 else None
