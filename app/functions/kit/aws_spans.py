"""Spans of calls of AWS: of sampled work alone, by the events that botocore offers for it.

https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from app.functions.kit.otlp import CLIENT, Value
from app.functions.kit.spans import Spans

_STARTED = "crosscloud_started"
_TABLES = "crosscloud_tables"


def note(client: Any, spans: Spans) -> None:
    """Notes in `spans` each call that the client makes for the work that is under way."""
    service = client.meta.service_model.service_id

    def before(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if spans.current is not None:
            context[_STARTED], context[_TABLES] = time.time_ns(), sorted(set(_tables(params)))

    def add(operation: str, context: Mapping[str, Any], attributes: dict[str, Value], error: str | None) -> None:
        if spans.current is None or _STARTED not in context:
            return
        attributes |= {"rpc.system.name": "aws-api", "rpc.method": f"{service}/{operation}"}
        if tables := context[_TABLES]:
            attributes |= {"db.system.name": "aws.dynamodb", "db.operation.name": operation}
            attributes["aws.dynamodb.table_names"] = tables
        spans.add(
            f"{service}.{operation}",
            CLIENT,
            spans.current.of_call(),
            attributes,
            started=context[_STARTED],
            error=error,
        )

    def after(model: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        about = parsed.get("ResponseMetadata", {})
        attributes: dict[str, Value] = {"http.response.status_code": about.get("HTTPStatusCode", 0)}
        if id_ := about.get("RequestId"):
            attributes["aws.request_id"] = id_
        if retries := about.get("RetryAttempts"):
            attributes["http.request.resend_count"] = retries
        add(model.name, context, attributes, parsed.get("Error", {}).get("Code"))

    def failed(event_name: str, exception: Exception, context: Mapping[str, Any], **_: Any) -> None:
        add(event_name.rpartition(".")[2], context, {}, type(exception).__name__)

    events = client.meta.events
    events.register("before-parameter-build", before)
    events.register("after-call", after)
    events.register("after-call-error", failed)


def _tables(params: Mapping[str, Any]) -> Iterator[str]:
    """Yields the names of the tables that a call of DynamoDB names."""
    if "TableName" in params:
        yield params["TableName"]
    yield from params.get("RequestItems", ())
    for action in params.get("TransactItems", ()):
        yield from (write["TableName"] for write in action.values())
