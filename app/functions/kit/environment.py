"""Reads the settings of every function from its environment, and says everything that is wrong with them at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.contract.logs import LEVELS
from app.functions.kit.logs import Log
from app.functions.kit.principal import GROUPS_CLAIM

PURPOSE: Mapping[str, str] = {
    "PRODUCTS_TABLE": "the table of products",
    "ORDERS_TABLE": "the table of orders",
    "IDEMPOTENCY_TABLE": "the table of Idempotency-Keys",
    "EVENT_BUS": "the event bus, by name or ARN",
    "DEAD_LETTER_QUEUE_URL": "the queue for events that can't be published",
    "QUEUE_URL": "the queue that the function consumes",
    "UPSTREAM_URL": "the ingress, as https://host[:port] without a path",
    "UPSTREAM_TLS_SECRET_ARN": "the Secrets Manager secret with the client certificate",
    "AWS_REGION": "the region (the Lambda runtime sets it)",
}
"""The things that the required variables must name, by variable."""
SAMPLE_RATE = "0.01"
"""The share of new traces that is recorded by default."""


class SettingsError(ValueError):
    """Settings are missing or wrong. The message names every one of them."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one function."""

    variables: Mapping[str, str]
    """The environment, with a good value of everything that the function needs."""
    service: str
    """The function's name in log lines and metrics."""
    log_level: str
    """The lowest level of the lines that are written: one of `app.contract.logs.LEVELS`."""
    scope_prefix: str
    """The prefix that the issuer puts before the name of a scope, such as Cognito's `<resource server>/`. Empty for
    none."""
    groups_claim: str
    """The claim of a token in which the issuer names a person's groups, such as Cognito's `cognito:groups`."""
    trace_sample_rate: float
    """The share of new traces that is recorded, 0 to 1."""
    api_keys_secret_arn: str
    """The Secrets Manager secret with the API keys that callers need besides a token. Empty where a token is enough."""
    collector: str
    """The base URL of the OTLP collector that gets the spans. Empty where none are sent."""

    def __getitem__(self, name: str) -> str:
        """Returns the value of a variable that the function needs."""
        return self.variables[name]

    def log(self) -> Log:
        """Returns the log of the function."""
        return Log(service=self.service, level=self.log_level)


def prepare(assembled: Callable[[], object]) -> None:
    """Calls `assembled` while a function is imported.

    Lambda usually gives that phase a whole core and later only a share of one, in which the clients of the SDK would
    take half a second of the first caller's time. A failure is left to the first call, which tries again and tells.
    """
    with contextlib.suppress(Exception):
        assembled()


def read(variables: Mapping[str, str], name: str, *, needed: Iterable[str]) -> Settings:
    """Returns the settings of the function `name` that can't do without the variables `needed`.

    Raises SettingsError.
    """
    mistakes = [
        f"{variable} must name {PURPOSE[variable]}, got {value!r}."
        if (value := variables.get(variable))
        else f"{variable} must name {PURPOSE[variable]}."
        for variable in needed
        if not _usable(variable, variables.get(variable, ""))
    ]
    level = variables.get("LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        mistakes.append(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, got {level!r}.")
    share = variables.get("TRACE_SAMPLE_RATE", SAMPLE_RATE)
    rate = _share(share)
    if rate is None:
        mistakes.append(f"TRACE_SAMPLE_RATE must be a number from 0 to 1, got {share!r}.")
    if mistakes or rate is None:
        raise SettingsError(" ".join(mistakes))
    return Settings(
        variables=variables,
        service=variables.get("SERVICE_NAME") or name,
        log_level=level,
        scope_prefix=variables.get("SCOPE_PREFIX", ""),
        groups_claim=variables.get("GROUPS_CLAIM") or GROUPS_CLAIM,
        trace_sample_rate=rate,
        api_keys_secret_arn=variables.get("API_KEYS_SECRET_ARN", ""),
        collector=variables.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
    )


def _usable(variable: str, value: str) -> bool:
    if variable != "UPSTREAM_URL":
        return bool(value)
    parts = urlsplit(value)
    return bool(
        parts.scheme == "https"
        and parts.hostname
        and not parts.path.strip("/")
        and not parts.query
        and not parts.username
    )


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value <= 1.0 else None
