"""Requests as the edge sends them. One of a hundred belongs to a trace that is recorded."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

SAMPLED_OF = 100
"""The number of requests of which one is sampled: a rate of 1 %."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. `headers` are those of the operation, in addition to those that the edge always sends. In a header or
    the body `@id@` stands for a UUID of the request."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def all_headers(self, number: int) -> list[tuple[str, str]]:
        flags = "01" if number % SAMPLED_OF == SAMPLED_OF // 2 else "00"
        headers = [
            ("host", "users.example.com"),
            ("accept", "application/json"),
            ("user-agent", "crosscloud-orchestrator"),
            ("x-request-id", f"{number + 1:032x}"),
            ("traceparent", f"00-{number + 1:032x}-{number + 1:016x}-{flags}"),
            ("x-principal", "token/bench"),
            ("x-reach", "any"),
            *((name, value.replace("@id@", _id(number))) for name, value in self.headers),
        ]
        if self.body:
            headers += [("content-type", "application/json"), ("content-length", str(len(self.body_of(number))))]
        return headers

    def body_of(self, number: int) -> bytes:
        return self.body.replace(b"@id@", _id(number).encode())

    def raw(self, number: int) -> bytes:
        """Returns the bytes of the request with this number."""
        headers = [f"{name}: {value}" for name, value in self.all_headers(number)]
        lines = [f"{self.method} {self.path} HTTP/1.1", *headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body_of(number)

    def scope(self, number: int) -> dict[str, Any]:
        """Returns the scope and the body that an ASGI server makes of the bytes."""
        path, _, query = self.path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in self.all_headers(number)],
            "server": ("127.0.0.1", 8443),
            "client": ("127.0.0.1", 1),
            "state": {},
        }


def _id(number: int) -> str:
    return str(uuid.UUID(int=number + 1, version=4))


REQUESTS = {
    "GET": Request(method="GET", path="/users/123"),
    "POST": Request(
        method="POST",
        path="/users",
        body=b'{"name":"Mark Wells","role":"Engineer","age":41,"tags":["on-call","platform","reviewer"]}',
    ),
}
