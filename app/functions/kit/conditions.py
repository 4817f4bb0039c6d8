"""ETags and If-Match: a change is made only to the version that the caller has seen.

https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
"""

from __future__ import annotations

import re

from app.contract.problems import PRECONDITION_REQUIRED, ProblemError

NO_VERSION = 0
"""Stands for a tag that is none of ours: versions begin with 1."""
_TAG = re.compile(r'"([1-9][0-9]{0,17})"')


def etag(version: int) -> str:
    """Returns the entity tag of a version."""
    return f'"{version}"'


def version_of(tag: str | None) -> int | None:
    """Returns the version that an If-Match names; None without one, NO_VERSION for a tag that no version has."""
    if tag is None:
        return None
    match = _TAG.fullmatch(tag)
    return int(match[1]) if match else NO_VERSION


def needed() -> ProblemError:
    """Returns the 428 for a change that has to name the version that the caller has seen."""
    detail = "Send If-Match with the ETag that you have seen, so that nobody's change is lost."
    return ProblemError(PRECONDITION_REQUIRED, detail)
