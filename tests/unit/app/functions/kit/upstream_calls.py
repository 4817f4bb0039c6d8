"""A call of a service, as tests of the way there make it, and the beginning of an answer."""

import time

from app.functions.kit.upstream import Call
from tests.support.scripted import sends

OK = sends(b'{"id":"123"}')
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def call(*, safe: bool = True, seconds: float = 5.0, method: str = "GET") -> Call:
    return Call(
        upstream="users",
        method=method,
        path="/users/123",
        headers={"x-request-id": "r-12345678"},
        safe=safe,
        answers=frozenset({200, 404}),
        deadline=time.monotonic() + seconds,
    )
