"""Assembles what every function behind the HTTP API has in common from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.functions.kit.api import Handler, Parts
from app.functions.kit.authorisation import Authorisation, KeyOwners
from app.functions.kit.environment import Settings
from app.functions.kit.logs import Log

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans


def parts(settings: Settings, log: Log, handlers: Mapping[str, Handler], spans: Spans | None) -> Parts:
    """Returns the parts of a function that answers HTTP by these handlers, which are given by operation id."""
    return Parts(
        log=log,
        authorisation=Authorisation(
            scope_prefix=settings.scope_prefix,
            groups_claim=settings.groups_claim,
            api_keys=_api_keys(settings, log),
        ),
        handlers=handlers,
        sample_rate=settings.trace_sample_rate,
        spans=spans,
    )


def _api_keys(settings: Settings, log: Log) -> KeyOwners | None:
    if not settings.api_keys_secret_arn:
        return None
    from app.functions.kit.api_keys import ApiKeys  # noqa: PLC0415 - urllib3 is only imported where keys are needed
    from app.functions.kit.secrets import cached_secret  # noqa: PLC0415

    return ApiKeys(cached_secret(settings.api_keys_secret_arn, settings.variables, name="API keys", log=log))
