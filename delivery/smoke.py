"""Checks that a deployed API answers those whom it should and refuses everybody else: `./crosscloud smoke`."""

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

from delivery.commands import DeliveryError, main

TOKEN = "SMOKE_TOKEN"  # noqa: S105 - a variable's name
"""The environment variable that holds a token. As an argument every process of the machine would see it."""
PATIENCE_SECONDS = 120.0
"""Seconds for all expectations together: a new gateway needs about a minute until all its addresses know its routes."""
_PAUSE_SECONDS = 2.0

app = App(name="./crosscloud smoke", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A request and the statuses that it may be answered with."""

    claim: str
    """The claim that the request proves, as part of a sentence."""
    method: str
    path: str
    token: bool
    """True if a token is sent. It is a bad one when the only expected status is 401."""
    statuses: frozenset[int]


EXPECTATIONS = (
    Expectation(claim="health is public", method="GET", path="/health", token=False, statuses=frozenset({200})),
    Expectation(
        claim="nobody reads without a token", method="GET", path="/users/123", token=False, statuses=frozenset({401})
    ),
    Expectation(
        claim="a bad token is refused",
        method="GET",
        path="/users/123",
        token=True,
        statuses=frozenset({401}),
    ),
    Expectation(
        claim="a caller with the scope is answered by the service, from its database",
        method="GET",
        path="/users/123",
        token=True,
        statuses=frozenset({200, 404}),
    ),
)
_BAD = "Bearer not.a.token"

Send = Callable[[Expectation, str | None], int]
"""Sends the request with an Authorization header or None, and returns the status of the answer.

Raises OSError, or an error of urllib3, when there is no answer."""


def sender(endpoint: str, ca: Path | None) -> Send:
    """Returns the function that sends requests to an endpoint, whose certificate `ca` or a public authority signed.

    Raises DeliveryError.
    """
    if not endpoint.startswith(("https://", "http://")):
        raise DeliveryError(f"--endpoint takes an address such as https://api.example.com, not {endpoint!r}.")
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise DeliveryError(f"--ca takes a file with certificates in PEM; {ca} is none: {error.strerror}.") from None
    pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=10.0)

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
    """Returns one sentence for each expectation that is not met within `patience` seconds, which they share.

    Expectations that need a good token are left out when there is none.
    """
    deadline = clock() + patience
    sentences = []
    for expectation in EXPECTATIONS:
        refused = expectation.statuses == {401}
        if expectation.token and not refused and token is None:
            continue
        authorization = None if not expectation.token else _BAD if refused else f"Bearer {token}"
        while (
            answered := _status(send, expectation, authorization)
        ) not in expectation.statuses and clock() < deadline:
            sleep(_PAUSE_SECONDS)
        if answered not in expectation.statuses:
            allowed = " or ".join(map(str, sorted(expectation.statuses)))
            sentences.append(
                f"{expectation.method} {expectation.path}: {expectation.claim}, so it must answer {allowed}; it "
                f"answered {answered}"
            )
    return sentences


def _status(send: Send, expectation: Expectation, authorization: str | None) -> int | str:
    """Returns the status of the answer, or words for none."""
    try:
        return send(expectation, authorization)
    except (OSError, urllib3.exceptions.HTTPError) as error:
        return f"nothing ({type(error).__name__})"


@app.default
def smoke(*, endpoint: str, ca: Annotated[Path | None, Parameter("--ca")] = None) -> None:
    """Send a few requests to a deployed API. The exit status is 1 when an answer is not as expected.

    Parameters
    ----------
    endpoint
        The stack's output of that name.
    ca
        PEM file of the authority that signed the certificate, unless it is a public one; `.local/ca.crt` on the local
        stack.
    """
    token = os.environ.get(TOKEN)
    sentences = failures(sender(endpoint.rstrip("/"), ca), token)
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    if not sentences:
        hint = "" if token else f" (set {TOKEN} to read a user too)"
        sys.stdout.write(f"{endpoint} answers as it should{hint}\n")
    sys.exit(1 if sentences else 0)


if __name__ == "__main__":
    main(app)
