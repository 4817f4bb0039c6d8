"""What web pages of other origins may send to the API and read of its answers."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

from components.contract import Contract

REQUEST_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "traceparent",
    "tracestate",
    "x-api-key",
    "x-request-id",
]
RESPONSE_HEADERS = ["etag", "location", "retry-after", "traceparent", "x-request-id"]
CORS_MAX_AGE = 600
"""Seconds for which browsers remember the answer to a preflight request."""


def cors(origins: Sequence[str], contract: Contract) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    """Nothing without origins."""
    if not origins:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(origins),
        allow_methods=sorted({operation.method for operation in contract.operations}),
        allow_headers=REQUEST_HEADERS,
        expose_headers=RESPONSE_HEADERS,
        max_age=CORS_MAX_AGE,
    )
