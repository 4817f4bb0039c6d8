"""The way to the services: pooled mutual TLS through the ingress, in a deadline, repeated only where that is safe."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.contract.problems import MEDIA_TYPE, UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT
from app.functions.kit import tls, tracing
from app.functions.kit.breaker import Breaker, CircuitOpenError, State
from app.functions.kit.calls import Answer, Call, UpstreamError
from app.functions.kit.environment import Settings
from app.functions.kit.http import urllib3
from app.functions.kit.logs import Log
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret, SecretUnavailableError, cached_secret

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

CONNECT_TIMEOUT = 1.0
"""Seconds that TCP and TLS may take together. A healthy ingress needs two round trips."""
LEAST_WAIT = 1.0
"""Seconds that a service must have had for its silence to count against it. With less it is the caller that had no time
left, such as for the last attempt before a deadline; no operation of the contract has less for its first attempt."""
IDLE = 60.0
"""Seconds without a call after which connections are not used again. Azure's load balancer drops them silently after
four minutes by default (https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset), and a call that
changes something could not be sent again."""
MAX_ANSWER = 1024 * 1024
"""Bytes of an answer's body. Escaped and wrapped it stays below the 6 MB that a function may answer
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
CHUNK = 64 * 1024
"""Bytes that are read at a time of an answer without a length."""
STARVED = 0.25
"""Seconds past a limit after which a failure says nothing of the service. A wait ends within `tls.SLACK` of its limit,
unless this process has been stopped or gets no processor."""
POOL_SIZE = 8
"""Connections that are kept, and so calls that a request makes at once."""
CERTIFICATES_EVERY = 60 * 60
"""Seconds between two reports of how long the certificates are valid: an alarm looks once an hour."""
_ONCE = urllib3.Retry(False, redirect=False)
_KIND_OF_STATUS = {503: UNAVAILABLE, 504: UPSTREAM_TIMEOUT}
_TRANSIENT = frozenset({502, 503, 504})  # the ingress answers these for a pod that has gone


class Ingress:
    """The one way to the services, for all threads.

    Connections are renewed with the client certificate. The certificate is fetched again when one side refuses the
    other's. `on_transition` is called with a service and the new state of its circuit breaker, `on_days_left` now and
    then with the days until the first certificate ends.
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
        spans: Spans | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self._secret = secret
        self._retries = retries
        self._on_transition = on_transition
        self._on_days_left = on_days_left
        self._clock = clock
        self._spans = spans
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPSConnectionPool | None = None
        self._context: tls.Context | None = None
        self._version = ""
        self._used_at = self._report_at = 0.0
        self._breakers: dict[str, Breaker] = {}

    def send(self, call: Call) -> Answer:
        """Returns the answer of the service.

        Sends again after failures that may pass, where that is safe. Raises UpstreamError.
        """
        breaker = self._breakers.get(call.upstream) or self._breaker(call.upstream)
        self._retries.earn()
        attempts = 0
        while True:
            attempts += 1
            try:
                answer = self._attempt(call, breaker, attempts)
            except UpstreamError as error:
                error.attempts = attempts
                again = error.transient and (call.safe or not error.delivered) and breaker.closed
                wait = error.retry_after or 0
                if not again or not self._retries.pause(attempts, deadline=call.deadline, at_least=wait):
                    raise
            else:
                answer.attempts = attempts
                return answer

    def close(self) -> None:
        """Closes the idle connections. The next call opens new ones."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _breaker(self, upstream: str) -> Breaker:
        def changed(state: State) -> None:
            self._on_transition(upstream, state)

        return self._breakers.setdefault(upstream, Breaker(on_transition=changed, clock=self._clock))

    def _attempt(self, call: Call, breaker: Breaker, number: int) -> Answer:
        """Makes one attempt, within a span of its own if the request is sampled."""
        if self._spans is None or call.correlation is None or not call.correlation.sampled:
            return self._guarded(call, breaker)
        own, started = call.correlation.of_call(), tracing.now()
        call.spans.append(own.span_id)
        status, error = None, "unexpected"
        try:
            answer = self._guarded(replace(call, headers={**call.headers, "traceparent": own.traceparent}), breaker)
            status, error = answer.status, str(answer.status) if answer.status >= 400 else ""
        except UpstreamError as failure:
            status, error = failure.status, str(failure.status or failure.kind.slug)
            raise
        else:
            return answer
        finally:
            place = (self._host, self._port)
            tracing.attempt(self._spans, call, own, place, number=number, status=status, error=error, started=started)

    def _guarded(self, call: Call, breaker: Breaker) -> Answer:
        """Makes one attempt, if the circuit breaker allows it, and tells the breaker how it ends."""
        try:
            permit = breaker.admit()
        except CircuitOpenError as error:
            wait = error.retry_after
            raise UpstreamError(
                UNAVAILABLE, call, str(error), delivered=False, counts=False, retry_after=wait
            ) from None
        try:
            answer = self._once(call)
        except UpstreamError as error:
            if error.counts:
                breaker.record(permit, failed=error.status is None or error.status >= 500)
            else:
                breaker.cancel(permit)
            raise
        breaker.record(permit, failed=False)
        return answer

    def _once(self, call: Call) -> Answer:
        if call.deadline <= time.monotonic():
            raise UpstreamError(UPSTREAM_TIMEOUT, call, "no time left", delivered=False, counts=False)
        pool = self._connections(call)
        fair = call.deadline - time.monotonic() >= LEAST_WAIT
        tls.read_until(call.deadline)
        connected_by = time.monotonic() + 2 * CONNECT_TIMEOUT  # TCP and TLS, each with the time-out
        try:
            return _read(self._request(pool, call), call)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            counts = isinstance(error, urllib3.exceptions.NewConnectionError) or (fair and not _starved(connected_by))
            raise UpstreamError(
                UNAVAILABLE, call, f"can't connect: {error}", transient=True, delivered=False, counts=counts
            ) from error
        except urllib3.exceptions.SSLError as error:
            refused = tls.certificate_refused(error.args[0])
            if refused:
                self._secret.doubt()
            raise UpstreamError(
                UNAVAILABLE, call, f"can't connect: {error}", transient=True, delivered=not refused
            ) from error
        except urllib3.exceptions.HTTPError as error:
            if time.monotonic() >= call.deadline:
                counts = fair and not _starved(call.deadline)
                reason = "no complete answer before the deadline"
                raise UpstreamError(UPSTREAM_TIMEOUT, call, reason, counts=counts) from error
            if isinstance(error, urllib3.exceptions.TimeoutError):  # only connecting has a time-out of its own
                counts = fair and not _starved(connected_by)
                raise UpstreamError(
                    UNAVAILABLE, call, "can't connect in time", transient=True, counts=counts
                ) from error
            raise UpstreamError(UPSTREAM_FAILED, call, f"connection broken: {error}", transient=True) from error
        finally:
            self._report_certificates()

    def _report_certificates(self) -> None:
        """Reports how long the certificates are valid.

        It is called after an attempt, when the ingress has shown its own.
        """
        if self._context is not None and (now := self._clock()) >= self._report_at:
            self._report_at = now + CERTIFICATES_EVERY
            self._on_days_left(self._context.days_left)

    def _request(self, pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
        opened = pool.num_connections
        try:
            return _urlopen(pool, call)
        except urllib3.exceptions.ProtocolError:
            if not call.safe or pool.num_connections > opened:
                raise
            return _urlopen(pool, call)  # the ingress had closed a kept connection while this environment slept

    def _connections(self, call: Call) -> urllib3.HTTPSConnectionPool:
        remaining = call.deadline - time.monotonic()
        if not self._lock.acquire(timeout=max(remaining, 0.1)):
            raise UpstreamError(UNAVAILABLE, call, "another call waits for the client certificate", counts=False)
        try:
            secret = self._secret.get(timeout=max(remaining, 0.1))
            now = self._clock()
            if self._pool is None or secret.version != self._version or now - self._used_at > IDLE:
                self._context = tls.client_context(secret.text)
                self.close()
                self._pool = urllib3.HTTPSConnectionPool(
                    self._host, self._port, ssl_context=self._context, maxsize=POOL_SIZE, retries=False
                )
                if secret.version != self._version:
                    self._version, self._report_at = secret.version, now
            self._used_at = now
        except (SecretUnavailableError, ssl.SSLError, ValueError) as error:
            raise UpstreamError(UNAVAILABLE, call, f"no client certificate: {error}", counts=False) from error
        else:
            return self._pool
        finally:
            self._lock.release()


def _starved(limit: float) -> bool:
    """Returns whether this thread runs so long after the limit of what it waited for that it was kept from running."""
    return time.monotonic() > limit + STARVED


def _urlopen(pool: urllib3.HTTPSConnectionPool, call: Call) -> urllib3.BaseHTTPResponse:
    remaining = call.deadline - time.monotonic()
    if remaining <= 0:
        raise urllib3.exceptions.TimeoutError("no time left")
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
    if response.status not in call.answers or not _from_service(response.status, headers):
        raise UpstreamError(
            _KIND_OF_STATUS.get(response.status, UPSTREAM_FAILED),
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
    """Returns the body. Both ways of reading notice an end that comes too early."""
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


def _from_service(status: int, headers: Mapping[str, str]) -> bool:
    """Returns whether the service has answered, not the ingress, which sends no problem documents."""
    return status < 500 or headers.get("content-type", "").startswith(MEDIA_TYPE)


def _seconds(retry_after: str) -> int | None:
    return int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 4 else None


def connect(settings: Settings, log: Log, spans: Spans | None) -> Ingress:
    """Returns the way to the services that the settings name. Its events go to the log."""
    return Ingress(
        settings["UPSTREAM_URL"],
        cached_secret(settings["UPSTREAM_TLS_SECRET_ARN"], settings.variables, name="client certificate", log=log),
        Retries(),
        on_transition=log.breaker,
        on_days_left=log.certificates,
        spans=spans,
    )
