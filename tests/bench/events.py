"""Events of the HTTP API (payload format 2.0) as API Gateway sends them."""

from __future__ import annotations

from typing import Any


class Context:
    """The context that the runtime passes to a handler together with an event."""

    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def look_up_by_path() -> dict[str, Any]:
    event = _event("GET /users/{userId}", "/users/123")
    event["pathParameters"] = {"userId": "123"}
    return event


def look_up_by_body() -> dict[str, Any]:
    event = _event("POST /users", "/users")
    event["headers"] |= {"content-type": "application/json", "content-length": "17"}
    event["body"] = '{"user_id":"123"}'
    return event


OPERATIONS = {"GET /users/{userId}": look_up_by_path, "POST /users": look_up_by_body}


def _event(route_key: str, path: str) -> dict[str, Any]:
    method = route_key.partition(" ")[0]
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "accept-encoding": "gzip, deflate, br",
            "authorization": f"Bearer {'x' * 800}",
            "host": "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "crosscloud-client/1.0",
            "x-amzn-trace-id": "Root=1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            "x-request-id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "authorizer": {"jwt": {"claims": {"sub": "123", "scope": "users:read users:write"}, "scopes": None}},
            "domainName": "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "r3pmxmplak",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "crosscloud-client/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route_key,
            "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795262400000,
        },
        "isBase64Encoded": False,
    }
