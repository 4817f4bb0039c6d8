"""`python -m delivery.smoke`: whether a deployed API answers whom it should, and refuses everybody else."""

from __future__ import annotations

import os
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import urllib3
from cyclopts import App, Parameter

TOKEN = "SMOKE_TOKEN"  # noqa: S105 - a variable's name
"""Environment variable with a token: an argument would be seen by every process of the machine."""
PATIENCE_SECONDS = 120.0
"""A new gateway needs a minute or so until every one of its addresses knows its routes."""
_PAUSE_SECONDS = 2.0

app = App(name="smoke", help=__doc__, version_flags=[])


@dataclass(frozen=True, kw_only=True)
class Expectation:
    what: str
    method: str
    path: str
    token: bool
    statuses: frozenset[int]


EXPECTATIONS = (
    Expectation(what="health is public", method="GET", path="/health", token=False, statuses=frozenset({200})),
    Expectation(
        what="without a token nobody reads", method="GET", path="/users/123", token=False, statuses=frozenset({401})
    ),
    Expectation(
        what="a token that is none is refused",
        method="GET",
        path="/users/123",
        token=True,
        statuses=frozenset({401}),
    ),
    Expectation(
        what="a caller with the scope is answered by the service, from its database",
        method="GET",
        path="/users/123",
        token=True,
        statuses=frozenset({200, 404}),
    ),
)
_BAD = "Bearer not.a.token"

Send = Callable[[Expectation, str | None], int]
"""The status of an answer; raises OSError or urllib3's errors when there is none."""


def sender(endpoint: str, ca: Path | None) -> Send:
    pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cafile=ca), retries=False, timeout=10.0)

    def send(expectation: Expectation, authorization: str | None) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        return pool.request(expectation.method, f"{endpoint}{expectation.path}", headers=headers).status

    return send


def failures(
    send: Send,
    token: str | None,
    *,
    patience: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """One sentence for each expectation that is not met within `patience` seconds, which they share. Without a token
    what needs a good one is left out."""
    deadline = clock() + patience
    told = []
    for expectation in EXPECTATIONS:
        refused = expectation.statuses == {401}
        if expectation.token and not refused and token is None:
            continue
        authorization = None if not expectation.token else _BAD if refused else f"Bearer {token}"
        while (given := _ask(send, expectation, authorization)) not in expectation.statuses and clock() < deadline:
            sleep(_PAUSE_SECONDS)
        if given not in expectation.statuses:
            allowed = " or ".join(map(str, sorted(expectation.statuses)))
            told.append(
                f"{expectation.method} {expectation.path}: {expectation.what}, so it must answer {allowed}; it "
                f"answered {given}"
            )
    return told


def _ask(send: Send, expectation: Expectation, authorization: str | None) -> int | str:
    try:
        return send(expectation, authorization)
    except (OSError, urllib3.exceptions.HTTPError) as error:
        return f"nothing ({type(error).__name__})"


@app.default
def smoke(*, endpoint: str, ca: Annotated[Path | None, Parameter("--ca")] = None) -> None:
    """Send a handful of requests to a deployed API. The exit status is 1 when an answer is not what it should be.

    Parameters
    ----------
    endpoint
        The stack's output of that name.
    ca
        PEM file of the authority, where it is not one that everybody trusts; `.local/ca.crt` on the local stack.
    """
    token = os.environ.get(TOKEN)
    told = failures(sender(endpoint.rstrip("/"), ca), token)
    for sentence in told:
        sys.stderr.write(f"{sentence}\n")
    if not told:
        without = "" if token else f" (set {TOKEN} to ask for a user, too)"
        sys.stdout.write(f"{endpoint} answers as it should{without}\n")
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    app()
