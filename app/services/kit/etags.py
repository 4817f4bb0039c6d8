"""Entity tags of versioned rows, and the preconditions of a write on them (RFC 9110, section 13).

A write is one statement that names the version, so that of two with the same tag the database lets one through:

    update things set ..., version = version + 1 where id = $1 and version = $2 returning ...

When the statement changes nothing, `Precondition.problem` says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from app.contract import problems
from app.contract.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, ProblemError

_TAG = re.compile(r'"[A-Za-z0-9_-]{1,64}"')
_VERSION = re.compile(r'"([1-9][0-9]{0,17})"')
NO_VERSION = 0
"""The version that a tag of another form stands for. No row has it: versions begin with 1."""


def etag(version: int) -> str:
    """Returns the strong tag of a version: `"3"`, quotes included."""
    return f'"{version}"'


@dataclass(frozen=True)
class Precondition:
    """What a write demands of the row's state.

    `version` is what If-Match names, None without that header; `new` is whether If-None-Match says `*`.
    """

    version: int | None = None
    new: bool = False

    @classmethod
    def parse(cls, if_match: str | None = None, if_none_match: str | None = None) -> Precondition:
        """Reads the two headers. Raises ProblemError (422) for a value that is neither one strong tag nor `*`."""
        violations = []
        if if_match is not None and _TAG.fullmatch(if_match) is None:
            violations.append({"parameter": "If-Match", "detail": 'must be one ETag, such as "3", quotes included'})
        if if_none_match not in (None, "*"):
            violations.append({"parameter": "If-None-Match", "detail": "must be *"})
        if violations:
            raise problems.invalid(violations)
        return cls(_version(if_match), if_none_match is not None)

    def problem(self) -> ProblemError:
        """Returns the reason why a write changed nothing although the row is there.

        It is 412, or 428 for a write without any precondition.
        """
        if self.version is not None:
            return ProblemError(PRECONDITION_FAILED, "It has changed since that version: read it again.")
        if self.new:
            return ProblemError(PRECONDITION_FAILED, "It exists already.")
        detail = "It exists. Send If-Match with the ETag that you have read, so that nobody's change is lost."
        return ProblemError(PRECONDITION_REQUIRED, detail)


async def _precondition(
    if_match: Annotated[str | None, Header(description="The ETag of the version that is meant.")] = None,
    if_none_match: Annotated[str | None, Header(description="`*`: only if there is none yet.")] = None,
) -> Precondition:
    return Precondition.parse(if_match, if_none_match)


Preconditions = Annotated[Precondition, Depends(_precondition)]
"""The type of a route's parameter that gets the preconditions of the request."""


def _version(tag: str | None) -> int | None:
    if tag is None:
        return None
    match = _VERSION.fullmatch(tag)
    return int(match[1]) if match else NO_VERSION
