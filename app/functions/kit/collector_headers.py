"""The headers that the collector asks for, such as an API key: a secret of Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping

from app.functions.kit.logs import Log
from app.functions.kit.otlp import CollectorError
from app.functions.kit.secrets import SecretUnavailableError, cached_secret


class CollectorHeaders:
    """Returns the headers of a request to the collector, when it is called."""

    def __init__(self, arn: str, environment: Mapping[str, str], log: Log) -> None:
        self._secret = cached_secret(arn, environment, name="headers of the collector", log=log)

    def __call__(self, timeout: float) -> Mapping[str, str]:
        """Returns the headers. `timeout` is in seconds. Raises CollectorError, which says nothing of their values."""
        try:
            text = self._secret.get(timeout=timeout).text
        except SecretUnavailableError as error:
            raise CollectorError(f"no headers: {error}") from error
        try:
            return {str(name): str(value) for name, value in json.loads(text).items()}
        except (ValueError, AttributeError):
            raise CollectorError("the secret with its headers is no JSON object") from None
