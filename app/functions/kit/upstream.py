"""Calls to the services: pooled mutual TLS through the ingress, inside a deadline, repeated only where that is safe."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as TimedOutError

from app.contract.problems import MEDIA_TYPE, UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT, Kind
from app.functions.kit import tls
from app.functions.kit.breaker import Breaker, CircuitOpenError, State
from app.functions.kit.failure import FailureError
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret, SecretUnavailableError

CONNECT_TIMEOUT = 1.0
"""Seconds for TCP and TLS together. A healthy ingress takes two round trips."""
IDLE = 60.0
"""Seconds without a call after which connections are not used again: Azure's load balancer drops them silently after
four minutes, unless told otherwise (https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset), and what
changes something could not be sent again."""
MAX_ANSWER = 1024 * 1024
"""Bytes. Escaped and wrapped it stays below the 6 MB that a function may answer
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
CHUNK = 64 * 1024
POOL_SIZE = 8
TOLD_EVERY = 60 * 60
"""Seconds between two tellings of how long the certificates hold: an alarm looks once an hour."""
_ONCE = urllib3.Retry(False, redirect=False)
_OF_STATUS = {503: UNAVAILABLE, 504: UPSTREAM_TIMEOUT}
_DETAIL = {
    UNAVAILABLE: "can't be reached now; try again later",
    UPSTREAM_FAILED: "gave no usable answer",
    UPSTREAM_TIMEOUT: "did not answer in time",
}
_TRANSIENT = frozenset({502, 503, 504})  # the ingress answers these for a pod that has gone


@dataclass(frozen=True, kw_only=True)
class Call:
    """`path` is encoded already. Statuses outside of `answers` are failures. `deadline` is on time.monotonic.

    A call that is not `safe` is only sent again when it can't have been carried out.
    """

    upstream: str
    method: str
    path: str
    headers: Mapping[str, str]
    safe: bool
    answers: frozenset[int]
    deadline: float
    body: bytes | None = None


@dataclass(kw_only=True)
class Answer:
    """Header names are in any case: `headers` does not tell them apart."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1


class UpstreamError(FailureError):
    """No usable answer. After a `transient` failure a new attempt may succeed.

    `sent` is False when the service can't have got the request, `blamed` when the failure tells nothing of it.
    """

    def __init__(
        self,
        kind: Kind,
        call: Call,
        reason: str,
        *,
        transient: bool = False,
        sent: bool = True,
        blamed: bool = True,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        detail = f"The service {call.upstream} {_DETAIL[kind]}."
        headers = {"retry-after": str(retry_after or 1)} if kind is UNAVAILABLE else None
        super().__init__(kind, detail, reason=reason, headers=headers)
        self.transient = transient
        self.sent = sent
        self.blamed = blamed
        self.status = status
        self.retry_after = retry_after
        self.attempts = 1


class Ingress:
    """The one way to the services, for all threads. Its connections are renewed when the client certificate is; that is
    asked for again when one side refuses the other's.

    `on_transition` is told the service and the new state when a circuit breaker changes its own, `on_days_left` now and
    then in how many days the first certificate ends.
    """

    def __init__(
        self,
        url: str,
        secret: CachedSecret,
        retries: Retries,
        *,
        on_transition: Callable[[str, State], None],
        on_days_left: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self._secret = secret
        self._retries = retries
        self._on_transition = on_transition
        self._on_days_left = on_days_left
        self._clock = clock
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPSConnectionPool | None = None
        self._context: tls.Context | None = None
        self._version = ""
        self._used = self._tell_at = 0.0
        self._breakers: dict[str, Breaker] = {}

    def send(self, call: Call) -> Answer:
        """Raises UpstreamError. Sends again after failures that may pass, where that is safe."""
        breaker = self._breakers.get(call.upstream) or self._breaker(call.upstream)
        self._retries.earn()
        attempts = 0
        while True:
            attempts += 1
            try:
                answer = self._guarded(call, breaker)
            except UpstreamError as error:
                error.attempts = attempts
                again = error.transient and (call.safe or not error.sent) and breaker.closed
                wished = error.retry_after or 0
                if not again or not self._retries.pause(attempts, deadline=call.deadline, at_least=wished):
                    raise
            else:
                answer.attempts = attempts
                return answer

    def close(self) -> None:
        """Closes the connections that are idle. The next call opens new ones."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _breaker(self, upstream: str) -> Breaker:
        def told(state: State) -> None:
            self._on_transition(upstream, state)

        return self._breakers.setdefault(upstream, Breaker(on_transition=told, clock=self._clock))

    def _guarded(self, call: Call, breaker: Breaker) -> Answer:
        """One attempt, if the circuit breaker allows it, which learns how it ends."""
        try:
            permit = breaker.admit()
        except CircuitOpenError as error:
            wait = error.retry_after
            raise UpstreamError(UNAVAILABLE, call, str(error), sent=False, blamed=False, retry_after=wait) from None
        try:
            answer = self._once(call)
        except UpstreamError as error:
            if error.blamed:
                breaker.record(permit, failed=error.status is None or error.status >= 500)
            else:
                breaker.cancel(permit)
            raise
        breaker.record(permit, failed=False)
        return answer

    def _once(self, call: Call) -> Answer:
        if call.deadline <= time.monotonic():
            raise UpstreamError(UPSTREAM_TIMEOUT, call, "no time left", sent=False, blamed=False)
        pool = self._connections(call)
        tls.read_until(call.deadline)
        try:
            return _read(self._request(pool, call), call)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise UpstreamError(UNAVAILABLE, call, f"can't connect: {error}", transient=True, sent=False) from error
        except SSLError as error:
            refused = tls.certificate_refused(error.args[0])
            if refused:
                self._secret.doubt()
            raise UpstreamError(
                UNAVAILABLE, call, f"can't connect: {error}", transient=True, sent=not refused
            ) from error
        except HTTPError as error:
            if time.monotonic() >= call.deadline:
                raise UpstreamError(UPSTREAM_TIMEOUT, call, "no complete answer before the deadline") from error
            if isinstance(error, TimedOutError):  # only connecting has a time-out of its own
                raise UpstreamError(UNAVAILABLE, call, "can't connect in time", transient=True) from error
            raise UpstreamError(UPSTREAM_FAILED, call, f"connection broken: {error}", transient=True) from error
        finally:
            self._tell()

    def _tell(self) -> None:
        """After an attempt, when the ingress has shown its certificate."""
        if self._context is not None and (now := self._clock()) >= self._tell_at:
            self._tell_at = now + TOLD_EVERY
            self._on_days_left(self._context.days_left)

    def _request(self, pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
        opened = pool.num_connections
        try:
            return _urlopen(pool, call)
        except ProtocolError:
            if not call.safe or pool.num_connections > opened:
                raise
            return _urlopen(pool, call)  # a kept connection that the ingress had closed while this environment slept

    def _connections(self, call: Call) -> urllib3.HTTPSConnectionPool:
        remaining = call.deadline - time.monotonic()
        if not self._lock.acquire(timeout=max(remaining, 0.1)):
            raise UpstreamError(UNAVAILABLE, call, "another call waits for the client certificate", blamed=False)
        try:
            secret = self._secret.get(timeout=max(remaining, 0.1))
            now = self._clock()
            if self._pool is None or secret.version != self._version or now - self._used > IDLE:
                self._context = tls.client_context(secret.text)
                self.close()
                self._pool = urllib3.HTTPSConnectionPool(
                    self._host, self._port, ssl_context=self._context, maxsize=POOL_SIZE, retries=False
                )
                if secret.version != self._version:
                    self._version, self._tell_at = secret.version, now
            self._used = now
        except (SecretUnavailableError, ssl.SSLError, ValueError) as error:
            raise UpstreamError(UNAVAILABLE, call, f"no client certificate: {error}", blamed=False) from error
        else:
            return self._pool
        finally:
            self._lock.release()


def _urlopen(pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
    remaining = call.deadline - time.monotonic()
    if remaining <= 0:
        raise TimedOutError("no time left")
    timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, remaining), read=remaining)
    return pool.urlopen(
        call.method,
        call.path,
        body=call.body,
        headers=call.headers,
        timeout=timeout,
        retries=_ONCE,
        preload_content=False,
        decode_content=False,
    )


def _read(response: urllib3.BaseHTTPResponse, call: Call) -> Answer:
    try:
        body = _content(response, call)
    finally:
        if response.connection is not None:  # not read to its end, so no other request may use it
            response.close()  # and not given back: opened again it would pass for a kept one
    headers = response.headers
    if response.status not in call.answers or not _of_the_service(response.status, headers):
        raise UpstreamError(
            _OF_STATUS.get(response.status, UPSTREAM_FAILED),
            call,
            f"answered {response.status}",
            transient=response.status in _TRANSIENT,
            status=response.status,
            retry_after=_seconds(headers.get("retry-after", "")),
        )
    if "content-encoding" in headers and headers["content-encoding"] != "identity":
        reason = f"answered in the encoding {headers['content-encoding']}"
        raise UpstreamError(UPSTREAM_FAILED, call, reason, status=response.status)
    return Answer(status=response.status, headers=headers, body=body)


def _content(response: urllib3.BaseHTTPResponse, call: Call) -> bytes:
    """Both ways tell an end that came too early."""
    length = response.length_remaining
    if length is not None and length <= MAX_ANSWER:
        return response.read(decode_content=False)
    body = bytearray()
    for chunk in response.stream(CHUNK, decode_content=False):
        body += chunk
        if len(body) > MAX_ANSWER:
            reason = f"answered more than {MAX_ANSWER} bytes"
            raise UpstreamError(UPSTREAM_FAILED, call, reason, status=response.status)
    return bytes(body)


def _of_the_service(status: int, headers: Mapping[str, str]) -> bool:
    """The ingress, too, answers for a service that it can't reach, but not with problem documents."""
    return status < 500 or headers.get("content-type", "").startswith(MEDIA_TYPE)


def _seconds(retry_after: str) -> int | None:
    return int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 4 else None
