"""A check, what it looks at, and the way to make all of them at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from delivery.preflight.ask import Ask
from delivery.preflight.finding import Finding, warned
from delivery.preflight.needs import Needs
from delivery.preflight.scrubbing import scrubbed
from delivery.preflight.unanswered import UnansweredError

THREADS = 8
"""The number of checks at a time: they wait for the clouds, and each tool takes a second of a processor to start."""
JOB = "ACTIONS_ID_TOKEN_REQUEST_URL"
"""The environment variable that only a job of a workflow with `id-token: write` has."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment that is about to be made."""

    needs: Needs
    ask: Ask
    repository: str = ""
    """The repository whose workflows deliver, as `owner/name`; empty: nobody asked about its tokens."""
    ask_address: bool = False
    """True if a service outside may be asked which address this machine shows."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables of this process."""
    python: tuple[int, int] = sys.version_info[:2]
    """The version of this Python."""

    @property
    def in_a_job(self) -> bool:
        """True if a job of a workflow makes the checks: it has logged in as the stack's own identities."""
        return JOB in self.environment


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check."""

    name: str
    """The stable name, such as `quotas.vcpus`."""
    look: Callable[[Deployment], Finding]
    """Looks, and changes nothing. Raises UnansweredError, and what an answer of another form leads to."""


def findings(checks: Sequence[Check], deployment: Deployment) -> dict[str, Finding]:
    """Makes checks at once and returns what they found, by their names and in their order."""
    pool = ThreadPoolExecutor(max_workers=THREADS)
    try:
        found = pool.map(lambda check: _look(check, deployment), checks)
        return {check.name: each for check, each in zip(checks, found, strict=True)}
    finally:
        # When a person has stopped it, what has not begun is not begun.
        pool.shutdown(wait=False, cancel_futures=True)


def _look(check: Check, deployment: Deployment) -> Finding:
    try:
        return check.look(deployment)
    except UnansweredError as error:
        return error.finding
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # A tool of another version may answer in another form, which proves nothing about the deployment.
        return warned(
            f"Nobody knows: the answer has another form ({type(error).__name__}: {scrubbed(str(error))}).",
            "look by hand (docs/deploy.md), and mend the check",
        )
