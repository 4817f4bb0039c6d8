"""Crashes between any two effects of a function. Its clients are wrapped, so its code knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ReadTimeoutError

from app.contract.problems import UPSTREAM_TIMEOUT
from app.functions.kit.calls import Answer, Call, UpstreamError

Moment = Literal["before", "after", "unanswered"]
"""The moment of a fault: the process ends before or after the call, or the call's answer is lost."""
MOMENTS: tuple[Moment, ...] = ("before", "after", "unanswered")


class Crash(BaseException):
    """The end of the process. No `except Exception` catches it."""


@dataclass
class Faults:
    """One fault. `at` is the number of the call, counted from 0, and the moment. `calls` are the calls so far."""

    at: tuple[int, Moment] | None = None
    calls: list[str] = field(default_factory=list)

    def through(self, name: str, call: Callable[[], Any], lost: Callable[[], Exception]) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        if self.at == (number, "before"):
            raise Crash(name)
        answer = call()
        if self.at == (number, "after"):
            raise Crash(name)
        if self.at == (number, "unanswered"):
            raise lost()
        return answer

    def client(self, client: Any) -> Any:
        """A wrapper of an AWS client that counts its calls."""
        return _FaultyClient(client, self)

    def send(self, send: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        def through(call: Call) -> Answer:
            def lost() -> Exception:
                return UpstreamError(UPSTREAM_TIMEOUT, call, "no complete answer before the deadline")

            answer: Answer = self.through(f"{call.method} {call.path}", lambda: send(call), lost)
            return answer

        return through


class _FaultyClient:
    def __init__(self, client: Any, faults: Faults) -> None:
        self._client = client
        self._faults = faults
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def through(**request: Any) -> Any:
            lost = lambda: ReadTimeoutError(endpoint_url="http://127.0.0.1")  # noqa: E731
            return self._faults.through(name, lambda: method(**request), lost)

        return through
