"""A function that only forwards: it sends the parts of the event as they are and returns the answer.

The baseline of the orchestrator: it has no validation, authorisation, deadline, retries, breaker or logging.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

Function = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def forwarder(url: str, context: ssl.SSLContext) -> Function:
    """Returns a handler that looks up a user at the service behind the URL."""
    parts = urlsplit(url)
    pool = urllib3.HTTPSConnectionPool(parts.hostname or "", parts.port, ssl_context=context, timeout=3.0)

    def handle(event: Mapping[str, Any], _: Any) -> dict[str, Any]:
        body = event.get("body")
        user_id = json.loads(body)["user_id"] if body else event["pathParameters"]["userId"]
        correlation = {name: event["headers"][name] for name in ("x-request-id", "traceparent")}
        response = pool.request("GET", f"/users/{user_id}", headers={"accept": "application/json", **correlation})
        return {
            "statusCode": response.status,
            "headers": {"content-type": response.headers["content-type"]},
            "body": response.data.decode(),
        }

    return handle
