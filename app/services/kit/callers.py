"""The caller of a service, and the data that the caller may reach.

router = Router()  # refuses requests that do not say who calls

@router.get("/invoices")
async def list_invoices(user_id: UserId, caller: ServiceCaller, database: ServiceDatabase) -> Page[Invoice]:
    caller.require(user_id)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.contract import callers
from app.contract.callers import Reach
from app.contract.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError

_NAME = re.compile(r"(?:token|system)/[A-Za-z0-9_.~%-]{1,16384}")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The caller, as the function says that forwards the request."""

    principal: str
    """The name: see `app.contract.callers`."""
    reach: Reach
    """The range of data that the caller may reach."""

    @property
    def is_system(self) -> bool:
        """Tells whether a function of the system acts by itself, for no caller."""
        return callers.is_system(self.principal)

    def reaches(self, user_id: str) -> bool:
        """Returns whether the caller may reach what belongs to this user."""
        return self.reach is Reach.ANY or self.principal == callers.of_subject(user_id)

    def require(self, user_id: str) -> None:
        """Raises ProblemError (403) when the caller may not reach what belongs to this user."""
        if not self.reaches(user_id):
            raise ProblemError(FORBIDDEN, "The caller reaches only what is their own.")

    def require_any(self) -> None:
        """Raises ProblemError (403) when the caller may not reach everybody's data."""
        if self.reach is not Reach.ANY:
            raise ProblemError(FORBIDDEN, "The caller reaches only what is their own.")


async def caller_of(request: Request) -> Caller:
    """Returns the caller. Raises ProblemError (401) for a request that does not say who calls."""
    principal = request.headers.get(callers.PRINCIPAL, "")
    reach = request.headers.get(callers.REACH, "")
    if _NAME.fullmatch(principal) is None or reach not in (Reach.OWN, Reach.ANY):
        detail = f"The request must say who calls and whose data they may reach: {callers.PRINCIPAL}, {callers.REACH}."
        raise ProblemError(UNAUTHENTICATED, detail)
    return Caller(principal=principal, reach=Reach(reach))


ServiceCaller = Annotated[Caller, Depends(caller_of)]
"""The caller, as the type of a route's parameter."""
