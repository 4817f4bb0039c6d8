"""The orchestrator's log: JSON lines on standard output, which the runtime stores; some hold metrics.

The line of a request is written by hand: an encoder would take as long as checking the whole request does.
"""

from __future__ import annotations

import json
import sys
from json.encoder import encode_basestring_ascii as quoted

from app.contract import logs
from app.functions.kit import metrics
from app.functions.kit.breaker import State
from app.functions.orchestrator.exchange import Exchange, Sent

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Log:
    """Drops lines below `level`, except those that hold metrics."""

    def __init__(self, *, service: str, level: str) -> None:
        self._service = quoted(service)
        self._name = service
        self._threshold = logs.LEVELS[level]

    def write(self, level: str, message: str, *, reason: str) -> None:
        if logs.LEVELS[level] >= self._threshold:
            _emit(logs.line(level=level, service=self._name, message=message, reason=reason))

    def breaker(self, upstream: str, state: State) -> None:
        """A circuit breaker has changed its state."""
        _emit(metrics.transition(self._name, upstream, state))

    def certificates(self, days: float) -> None:
        """The first of those between function and ingress ends in so many days."""
        _emit(metrics.certificates(self._name, days))

    def exchange(self, exchange: Exchange, *, status: int, milliseconds: float, invocation: str) -> None:
        """The line of an invocation; of several calls at once each has a line before it."""
        failed, sent = status >= 500, exchange.sent.get("")
        for name, part in exchange.sent.items():
            if part is not sent:
                self._part(exchange, name, part)
        call = f",{_of_call(sent)}" if sent else ""
        told = f",{_encode(exchange.told)[1:-1]}" if exchange.told else ""
        _emit(
            f"{self._head('request', exchange, failed=failed)},"
            f'"status":{status},"duration_ms":{milliseconds},"aws_request_id":{quoted(invocation)}{call}{told},'
            f'"Count":1,"Latency":{milliseconds},"Errors":{failed:d},'
            f"{metrics.embedded(metrics.ROUTE_AND_UPSTREAM if sent else metrics.ROUTE)}}}\n"
        )

    def _part(self, exchange: Exchange, name: str, part: Sent) -> None:
        reason = f',"reason":{quoted(part.reason)}' if part.reason else ""
        _emit(
            f"{self._head('part', exchange, failed=part.failed)},"
            f'"part":{quoted(name)},{_of_call(part)}{reason},{metrics.embedded(metrics.UPSTREAM)}}}\n'
        )

    def _head(self, message: str, exchange: Exchange, *, failed: bool) -> str:
        """The members that say which request it is; ids are of a form that needs no escapes."""
        method, space, _ = exchange.route.partition(" ")
        of_route = f'"method":"{method}",' if space else ""
        ids = exchange.correlation
        return (
            f'{{"timestamp":"{logs.timestamp()}","level":"{"ERROR" if failed else "INFO"}","service":{self._service},'
            f'"message":"{message}","request_id":"{ids.request_id}","trace_id":"{ids.trace_id}",'
            f'"span_id":"{ids.span_id}",{of_route}"route":{quoted(exchange.route)}'
        )


def _of_call(sent: Sent) -> str:
    status = "" if sent.status is None else f'"upstream_status":{sent.status},'
    return (
        f'"upstream":{quoted(sent.upstream)},{status}"upstream_ms":{sent.milliseconds},"attempts":{sent.attempts},'
        f'"UpstreamCount":1,"UpstreamLatency":{sent.milliseconds},"UpstreamErrors":{sent.failed:d}'
    )


def _emit(text: str) -> None:
    sys.stdout.write(text)  # looked up at every call: the runtime replaces the stream
    sys.stdout.flush()
