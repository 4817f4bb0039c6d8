"""Entity tags of versioned rows, and the preconditions of a write on them (RFC 9110, section 13).

A write is one statement that names the version, so that of two with the same tag the database lets one through:

    update things set ..., version = version + 1 where id = $1 and version = $2 returning ...

When it changes nothing, `Precondition.problem` says why.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from app.contract import problems
from app.contract.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, ProblemError

_TAG = re.compile(r'"[A-Za-z0-9_-]{1,64}"')
_VERSION = re.compile(r'"([1-9][0-9]{0,17})"')
NO_VERSION = 0
"""What a tag that is not ours stands for: versions begin with 1."""


def etag(version: int) -> str:
    """The strong tag of a version: `"3"`, quotes included."""
    return f'"{version}"'


class Precondition:
    """`version` is what If-Match names, None without it; `new` is whether If-None-Match says `*`.

    Raises ProblemError (422) for other values than one strong tag, and `*`.
    """

    def __init__(
        self,
        if_match: Annotated[str | None, Header(description="The ETag of the version that is meant.")] = None,
        if_none_match: Annotated[str | None, Header(description="`*`: only if there is none yet.")] = None,
    ) -> None:
        violations = []
        if if_match is not None and _TAG.fullmatch(if_match) is None:
            violations.append({"parameter": "If-Match", "detail": 'must be one ETag, such as "3", quotes included'})
        if if_none_match not in (None, "*"):
            violations.append({"parameter": "If-None-Match", "detail": "must be *"})
        if violations:
            raise problems.invalid(violations)
        self.version = _version(if_match)
        self.new = if_none_match is not None

    def problem(self) -> ProblemError:
        """Why a write changed nothing although there is something: 412, or 428 where there was no condition at all."""
        if self.version is not None:
            return ProblemError(PRECONDITION_FAILED, "It has changed since that version: read it again.")
        if self.new:
            return ProblemError(PRECONDITION_FAILED, "It exists already.")
        detail = "It exists. Send If-Match with the ETag that you have read, so that nobody's change is lost."
        return ProblemError(PRECONDITION_REQUIRED, detail)


Preconditions = Annotated[Precondition, Depends()]
"""Type of a route's parameter."""


def _version(tag: str | None) -> int | None:
    if tag is None:
        return None
    found = _VERSION.fullmatch(tag)
    return int(found[1]) if found else NO_VERSION
