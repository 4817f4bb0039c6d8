"""The headers and methods that web pages of other origins may use with the API, and the headers that they may read."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

from app.contract.reading import Contract

REQUEST_HEADERS = frozenset({"authorization", "content-type", "tracestate", "x-api-key"})
"""Headers that every operation takes though no parameter of the contract names them: the token, the body's type, the
rest of the trace context, an API key."""
RESPONSE_HEADERS = frozenset({"traceparent"})
"""Headers of every answer that the contract does not name."""
CORS_MAX_AGE = 600
"""Seconds for which browsers remember the answer to a preflight request."""


def cors(origins: Sequence[str], contract: Contract) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    """Returns what pages of the origins may do: what the contract offers. None when there are no origins."""
    if not origins:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(origins),
        allow_methods=sorted({operation.method for operation in contract.operations}),
        allow_headers=sorted(contract.request_headers | REQUEST_HEADERS),
        expose_headers=sorted(contract.response_headers | RESPONSE_HEADERS),
        max_age=CORS_MAX_AGE,
    )
