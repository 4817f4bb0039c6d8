"""Calls to the AWS emulator, and to nothing else: no profile, environment variable or proxy has an effect on them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as ConnectingError

from local.emulator import aws_access
from local.errors import ProviderError
from local.machine import REGION, Machine

_ABSENT = ("NotFound", "NoSuch", "NonExistent")
"""Parts of the error codes with which services say that something isn't there."""
_TRIES = 5
"""Calls that are made in all when the emulator itself fails, as it does when a log stream begins meanwhile."""


class MissingError(ProviderError):
    """The resource that the call is about does not exist."""


class SilentError(ProviderError):
    """A call has no answer within the seconds that it was given."""


class Aws:
    """One session for all handlers; clients are made at their first use and shared by threads."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._session = session()
        self._clients: dict[tuple[str, float | None], Any] = {}
        self._lock = threading.Lock()

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, seconds: float | None = None
    ) -> dict[str, Any]:
        """Returns the answer of `operation` (`CreateRole`).

        Raises MissingError or ProviderError with what AWS said, and SilentError when `seconds` pass without an answer.
        """
        client = self._client(service, seconds)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            code, message = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
            kind = MissingError if any(part in code for part in _ABSENT) else ProviderError
            raise kind(f"{service} refused {operation}: {message} ({code})") from error
        except (ConnectingError, HTTPClientError) as error:
            if seconds is not None and isinstance(error, ReadTimeoutError):
                raise SilentError(f"{operation} has no answer within {seconds:g} s.") from error
            raise ProviderError(
                f"{operation}: the AWS emulator at {self.machine.emulator_url} does not answer ({error}). "
                "Its log is .local/logs/emulator.log; `make up` starts it again."
            ) from error
        except BotoCoreError as error:
            reason = " ".join(str(error).split())
            raise ProviderError(f"{service} does not take these parameters for {operation}: {reason}") from error
        return answer

    def shape(self, service: str, operation: str) -> Any:
        """Returns botocore's model of what `operation` takes."""
        return self._client(service).meta.service_model.operation_model(operation).input_shape

    def _client(self, service: str, seconds: float | None = None) -> Any:
        with self._lock:
            if (service, seconds) not in self._clients:
                client = self._session.create_client(
                    service,
                    region_name=REGION,
                    **aws_access(self.machine),
                    config=Config(
                        connect_timeout=2,
                        read_timeout=seconds or 20,
                        retries={"mode": "standard", "total_max_attempts": _TRIES},
                        proxies={},
                    ),
                )
                if seconds is not None:
                    client.meta.events.register_first("needs-retry", _end_of_time)
                self._clients[service, seconds] = client
            return self._clients[service, seconds]


def _end_of_time(caught_exception: Exception | None = None, **_: Any) -> None:
    """Raises the error of a call whose time is over, which botocore would make again."""
    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


@cache
def connect(machine: Machine) -> Aws:
    """Returns the machine's one session."""
    return Aws(machine)


def session() -> Any:
    """Returns a botocore session whose settings come from no environment variable and no file."""
    variables = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    nowhere = (None, None, os.devnull, None)
    return botocore.session.Session({**variables, "config_file": nowhere, "credentials_file": nowhere})
