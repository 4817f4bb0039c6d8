"""Failures on our side of the API: callers get a problem, the log the reason."""

from __future__ import annotations

from collections.abc import Mapping

from app.contract.problems import Kind, ProblemError


class FailureError(ProblemError):
    """A failure on our side. `reason` is for the log only."""

    def __init__(self, kind: Kind, detail: str, *, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(kind, detail, headers=headers)
        self.reason = reason
