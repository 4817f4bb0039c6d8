"""Names that spans of functions, services and the collector share, where OpenTelemetry has none.

All other names are those of its semantic conventions, of which parts for functions, messages and AWS may still change:
so their version is pinned here (https://opentelemetry.io/docs/specs/semconv/).
"""

from __future__ import annotations

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
"""The version of the conventions that names follow."""
REQUEST_ID = "crosscloud.request_id"
"""The `X-Request-Id` of the request that the work belongs to."""
ORDER_ID = "crosscloud.order_id"
EVENT_ID = "crosscloud.event_id"
RECEIVES = "crosscloud.receives"
"""The number of times that the message was received, this one included."""

BUS_SYSTEM, STREAM_SYSTEM, QUEUE_SYSTEM = "aws_eventbridge", "aws_dynamodb_streams", "aws_sqs"
"""Values of `messaging.system`. The conventions have one for the queue alone."""
TRACES = "/v1/traces"
"""The path of OTLP over HTTP, below the endpoint that the settings name."""
