"""One secret of AWS Secrets Manager, kept for some minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.functions.kit.http import urllib3
from app.functions.kit.logs import Log
from app.functions.kit.sigv4 import sign

TTL = 300.0
"""Seconds: as the AWS Parameters and Secrets Lambda Extension keeps a secret by default
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html)."""
RETRY_AFTER_FAILURE = 10.0
"""Seconds for which a value that could not be renewed stays in use before the next attempt."""
CALL_TIMEOUT = 2.0
"""Seconds that one attempt takes at most. There are two attempts."""
YOUNG = 1.0
"""Seconds for which a value is not fetched again, whatever speaks against it."""


class SecretUnavailableError(Exception):
    """The secret can't be had. The message says why and never holds anything of the secret."""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """The value of a secret. `version` changes with every rotation."""

    text: str = field(repr=False)
    version: str


class CachedSecret:
    """A secret's current value, fetched at most every `TTL` seconds.

    When a renewal fails, the old value stays in use and `on_stale` is called with the reason.
    """

    def __init__(
        self,
        arn: str,
        environment: Mapping[str, str],
        *,
        on_stale: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._arn = arn
        self._environment = environment
        self._on_stale = on_stale
        self._clock = clock
        self._secret: Secret | None = None
        self._fetched_at = self._fresh_until = 0.0

    def get(self, *, timeout: float) -> Secret:
        """Returns the value.

        `timeout` is in seconds. Raises SecretUnavailableError when there is not even an old value.
        """
        now = self._clock()
        if self._secret is None or now >= self._fresh_until:
            self._fetched_at = now
            try:
                self._secret = get_secret_value(self._arn, self._environment, timeout=timeout)
                self._fresh_until = now + TTL
            except SecretUnavailableError as error:
                if self._secret is None:
                    raise
                self._on_stale(str(error))
                self._fresh_until = now + RETRY_AFTER_FAILURE
        return self._secret

    def doubt(self) -> None:
        """Makes the next `get` fetch the value, unless it is younger than YOUNG: something says that it has changed."""
        self._fresh_until = min(self._fresh_until, self._fetched_at + YOUNG)


def cached_secret(arn: str, environment: Mapping[str, str], *, name: str, log: Log) -> CachedSecret:
    """Returns the secret, whose failed renewals are logged. `name` is what the log calls it."""
    return CachedSecret(
        arn,
        environment,
        on_stale=lambda reason: log.write("WARNING", f"The {name} could not be renewed.", reason=reason),
    )


def get_secret_value(arn: str, environment: Mapping[str, str], *, timeout: float) -> Secret:
    """Calls GetSecretValue with the credentials, region and endpoint of the environment. `timeout` is in seconds.

    Raises SecretUnavailableError.
    """
    try:
        region = environment["AWS_REGION"]
        url = _endpoint(environment, region)
        body = json.dumps({"SecretId": arn}).encode()
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
        signed = sign(url, headers, body, service="secretsmanager", region=region, credentials=environment)
        retry = urllib3.Retry(
            total=1, backoff_factor=0.1, status_forcelist=(500, 502, 503), allowed_methods=None, raise_on_status=False
        )
        with urllib3.PoolManager(timeout=min(timeout / 2, CALL_TIMEOUT), retries=retry) as http:
            response = http.request("POST", url, body=body, headers=signed, redirect=False)
            return _read(response.status, response.json())
    except KeyError as error:
        raise SecretUnavailableError(f"{error} is missing in the environment or in the answer") from None
    except (urllib3.exceptions.HTTPError, ValueError, TypeError) as error:
        raise SecretUnavailableError(f"Secrets Manager can't be asked ({type(error).__name__})") from None


def _endpoint(environment: Mapping[str, str], region: str) -> str:
    """Returns the URL of Secrets Manager (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html)."""
    configured = environment.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or environment.get("AWS_ENDPOINT_URL")
    return f"{(configured or f'https://secretsmanager.{region}.amazonaws.com').rstrip('/')}/"


def _read(status: int, answer: dict[str, Any]) -> Secret:
    if status != 200:
        kind = str(answer.get("__type", "no error code")).rpartition("#")[2]
        raise SecretUnavailableError(f"Secrets Manager answered {status} ({kind})")
    return Secret(text=answer["SecretString"], version=answer["VersionId"])
