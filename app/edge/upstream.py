"""Calls to the services: pooled mutual TLS through the ingress, inside a deadline, repeated only where that is safe."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as TimedOutError

from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT, Kind, ProblemError
from app.edge import tls
from app.edge.retries import Retries
from app.edge.secrets import CachedSecret, SecretUnavailableError

CONNECT_TIMEOUT = 1.0
"""Seconds for TCP and TLS together. A healthy ingress takes two round trips."""
MAX_ANSWER = 1024 * 1024
"""Bytes. Escaped and wrapped it stays below the 6 MB that a function may answer
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
CHUNK = 64 * 1024
POOL_SIZE = 8
_OF_STATUS = {503: UNAVAILABLE, 504: UPSTREAM_TIMEOUT}
_DETAIL = {
    UNAVAILABLE: "can't be reached now; try again later",
    UPSTREAM_FAILED: "gave no usable answer",
    UPSTREAM_TIMEOUT: "did not answer in time",
}
_TRANSIENT = frozenset({502, 503, 504})  # the ingress answers these for a pod that has gone


@dataclass(frozen=True, kw_only=True)
class Call:
    """`path` is encoded already. Statuses outside of `answers` are failures. `deadline` is on time.monotonic."""

    upstream: str
    method: str
    path: str
    headers: Mapping[str, str]
    safe: bool
    answers: frozenset[int]
    deadline: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1


class UpstreamError(ProblemError):
    """No usable answer. `reason` is for the log only; after a `transient` failure a new attempt may succeed."""

    def __init__(
        self, kind: Kind, call: Call, reason: str, *, transient: bool = False, retry_after: int | None = None
    ) -> None:
        detail = f"The service {call.upstream} {_DETAIL[kind]}."
        super().__init__(kind, detail, headers={"retry-after": str(retry_after or 1)} if kind is UNAVAILABLE else None)
        self.reason = reason
        self.transient = transient
        self.retry_after = retry_after
        self.attempts = 1


class Ingress:
    """The one way to the services. Its connections are renewed when the client certificate is."""

    def __init__(self, url: str, secret: CachedSecret, retries: Retries) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self._secret = secret
        self._retries = retries
        self._pool: urllib3.HTTPSConnectionPool | None = None
        self._version = ""

    def send(self, call: Call) -> Answer:
        """Raises UpstreamError. Only safe calls are sent again, and only after failures that may pass."""
        self._retries.earn()
        attempts = 0
        while True:
            attempts += 1
            try:
                return replace(self._once(call), attempts=attempts)
            except UpstreamError as error:
                error.attempts = attempts
                again = call.safe and error.transient
                wished = error.retry_after or 0
                if not again or not self._retries.pause(attempts, deadline=call.deadline, at_least=wished):
                    raise

    def close(self) -> None:
        """Closes the connections that are idle. The next call opens new ones."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _once(self, call: Call) -> Answer:
        pool = self._connections(call)
        tls.read_until(call.deadline)
        try:
            return _read(self._request(pool, call), call)
        except (NewConnectionError, SSLError) as error:
            raise UpstreamError(UNAVAILABLE, call, f"can't connect: {error}", transient=True) from error
        except TimedOutError as error:
            if time.monotonic() < call.deadline:  # only connecting has a time-out of its own
                raise UpstreamError(UNAVAILABLE, call, "can't connect in time", transient=True) from error
            raise UpstreamError(UPSTREAM_TIMEOUT, call, "no complete answer before the deadline") from error
        except HTTPError as error:
            raise UpstreamError(UPSTREAM_FAILED, call, f"connection broken: {error}", transient=True) from error

    def _request(self, pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
        opened = pool.num_connections
        try:
            return _urlopen(pool, call)
        except ProtocolError:
            if not call.safe or pool.num_connections > opened:
                raise
            return _urlopen(pool, call)  # a kept connection that the ingress had closed while this environment slept

    def _connections(self, call: Call) -> urllib3.HTTPSConnectionPool:
        try:
            secret = self._secret.get(timeout=max(call.deadline - time.monotonic(), 0.1))
            if self._pool is None or secret.version != self._version:
                context = tls.client_context(secret.text)
                self.close()
                self._pool = urllib3.HTTPSConnectionPool(
                    self._host, self._port, ssl_context=context, maxsize=POOL_SIZE, retries=False
                )
                self._version = secret.version
        except (SecretUnavailableError, ssl.SSLError, ValueError) as error:
            raise UpstreamError(UNAVAILABLE, call, f"no client certificate: {error}") from error
        return self._pool


def _urlopen(pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
    remaining = call.deadline - time.monotonic()
    if remaining <= 0:
        raise TimedOutError("no time left")
    timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, remaining), read=remaining)
    return pool.urlopen(
        call.method,
        call.path,
        headers=call.headers,
        timeout=timeout,
        retries=False,
        redirect=False,
        preload_content=False,
        decode_content=False,
    )


def _read(response: urllib3.BaseHTTPResponse, call: Call) -> Answer:
    body = bytearray()
    try:
        for chunk in response.stream(CHUNK, decode_content=False):  # unlike read(), it tells an end that came too early
            body += chunk
            if len(body) > MAX_ANSWER:
                raise UpstreamError(UPSTREAM_FAILED, call, f"answered more than {MAX_ANSWER} bytes")
    finally:
        if response.connection is not None:  # not read to its end, so no other request may use it
            response.close()  # and not given back: opened again it would pass for a kept one
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status not in call.answers:
        raise UpstreamError(
            _OF_STATUS.get(response.status, UPSTREAM_FAILED),
            call,
            f"answered {response.status}",
            transient=response.status in _TRANSIENT,
            retry_after=_seconds(headers.get("retry-after", "")),
        )
    if (encoding := headers.get("content-encoding", "identity")) != "identity":
        raise UpstreamError(UPSTREAM_FAILED, call, f"answered in the encoding {encoding}")
    return Answer(status=response.status, headers=headers, body=bytes(body))


def _seconds(retry_after: str) -> int | None:
    return int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 4 else None
