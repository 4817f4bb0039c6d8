"""The command `token`."""

from __future__ import annotations

import json
import re
import sys
from typing import Annotated

from cyclopts import App, Parameter

from app.contract.reading import Contract
from local import issuer
from local.errors import LocalError
from terminal import clone

app = App(name="token")


@app.default
def token(
    *,
    customer: str | None = None,
    staff: str | None = None,
    program: str | None = None,
    scope: str | None = None,
    as_json: Annotated[bool, Parameter("--json")] = False,
) -> None:
    """Print a signed JWT of the local issuer, valid for an hour, for one customer, member of staff or program.

    Parameters
    ----------
    customer
        The id of a user, who reaches their own data.
    staff
        The name of a member of staff, who reaches everybody's data.
    program
        The name of a program, which gets a token by client credentials.
    scope
        Scopes of the API, separated by spaces; without it every scope that counts in this token.
    as_json
        As JSON, with the scopes and the seconds for which it is good.
    """
    kinds = ((issuer.customer, customer), (issuer.staff, staff), (issuer.program, program))
    holders = [kind(name) for kind, name in kinds if name is not None]
    if len(holders) != 1:
        raise LocalError("Say whose token it is: one of --customer ID, --staff NAME or --program NAME.")
    holder = holders[0]
    if customer is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", customer):
        raise LocalError(f"--customer takes the id of a user: up to 64 letters, digits, '_' and '-', not {customer!r}.")
    if not holder.subject.strip():
        raise LocalError("A token is of somebody: --staff and --program take a name that is not empty.")
    machine = clone.machine()
    granted = issuer.scopes(machine, holder) if scope is None else scope
    known = Contract.read(machine.root / issuer.CONTRACT).scopes
    if unknown := sorted(set(granted.split()) - set(known)):
        raise LocalError(f"--scope: the API has no scope {', '.join(unknown)}. It has {', '.join(sorted(known))}.")
    jwt = issuer.token(machine, holder, scope=granted)
    if as_json:
        answer = {"access_token": jwt, "token_type": "Bearer", "expires_in": issuer.LIFETIME, "scope": granted}
        sys.stdout.write(json.dumps(answer) + "\n")
    else:
        sys.stdout.write(jwt + "\n")
