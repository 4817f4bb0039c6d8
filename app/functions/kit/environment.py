"""The functions' settings, from their environment."""

from __future__ import annotations

from collections.abc import Mapping

from app.contract.logs import LEVELS
from app.functions.kit.logs import Log


class SettingsError(ValueError):
    """Names every setting that is missing or wrong."""


PURPOSE: Mapping[str, str] = {
    "PRODUCTS_TABLE": "the table of products",
    "ORDERS_TABLE": "the table of orders",
    "IDEMPOTENCY_TABLE": "the table of Idempotency-Keys",
    "EVENT_BUS": "the event bus, by name or ARN",
    "DEAD_LETTER_QUEUE_URL": "the queue for events that can't be published",
    "QUEUE_URL": "the queue that the function consumes",
    "UPSTREAM_URL": "the ingress, https://host[:port]",
    "UPSTREAM_TLS_SECRET_ARN": "the Secrets Manager secret with the client certificate",
    "AWS_REGION": "the region (the Lambda runtime sets it)",
}


def required(environment: Mapping[str, str], *names: str) -> list[str]:
    """Their values. Raises SettingsError that names every one that is missing."""
    if missing := [name for name in names if not environment.get(name)]:
        raise SettingsError(" ".join(f"{name} must name {PURPOSE[name]}." for name in missing))
    return [environment[name] for name in names]


def log(environment: Mapping[str, str], service: str) -> Log:
    """Of the function. Raises SettingsError for a LOG_LEVEL that there is not."""
    level = environment.get("LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, got {level!r}.")
    return Log(service=environment.get("SERVICE_NAME") or service, level=level)
