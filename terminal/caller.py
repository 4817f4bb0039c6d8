"""Requests of somebody with a token, sent through the public endpoint of this machine."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import urllib3

from local.errors import LocalError
from local.machine import Machine

SECONDS = 30
"""Seconds that an answer may take, as at the gateway."""


def new_request_id(of: str) -> str:
    """Returns a new X-Request-Id such as `demo-1f0a3c5e`. It ties the log lines of all hops of a request together."""
    return f"{of}-{uuid.uuid4().hex[:8]}"


class Caller:
    """Somebody with a token."""

    def __init__(self, machine: Machine, token: str) -> None:
        self._endpoint, self._token = machine.endpoint_url, token
        self._http = urllib3.PoolManager(ca_certs=str(machine.home / "ca.crt"), retries=False, timeout=SECONDS)

    def send(
        self, method: str, path: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Sends a request and returns the answer. Raises LocalError when there is none, or it is a failure."""
        fields = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            answer = self._http.request(method, f"{self._endpoint}{path}", body=body, headers=fields)
        except urllib3.exceptions.HTTPError as error:
            raise LocalError(
                f"{method} {path} got no answer: {error}. See `./crosscloud status`; `make up` starts what is down."
            ) from None
        if answer.status >= 300:
            text = answer.data.decode(errors="replace")
            name = answer.headers.get("X-Request-Id")
            lines = f"--request-id {name}" if name else "--level WARNING"
            raise LocalError(
                f"{method} {path} was answered with {answer.status} {text}. See `./crosscloud status`, and "
                f"`./crosscloud logs {lines}`."
            )
        return answer
