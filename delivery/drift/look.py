"""Looks at a whole stack: what the engine finds, without what is accepted, levers apart."""

from __future__ import annotations

import datetime as dt

from delivery.commands import Run
from delivery.drift.accepted import Acceptance, read
from delivery.drift.engine import refresh
from planning.drift.finding import Drift

LEFT_OUT = {
    "**kubernetes:core/v1:Secret::*": "Secrets of Kubernetes: the role that looks may not read them",
    "**aws:secretsmanager/secretVersion:SecretVersion::*": "values in Secrets Manager: the role may not read them",
}
"""The resources that are not compared, by the pattern of their URNs, and why. So their values are in no log either."""


def look(stack: str, run: Run, *, acceptance: Acceptance | None = None, today: dt.date | None = None) -> Drift:
    """Returns how a stack differs from its state. It changes nothing."""
    acceptance = acceptance or read()
    found = refresh(stack, run, options=[word for each in LEFT_OUT for word in ("--exclude", each)])
    left, accepted = acceptance.split(found.drifted)
    return Drift(
        stack=stack,
        looked=found.looked,
        drifted=[each for drifted in left for each in drifted.by_lever()],
        accepted=accepted,
        unknown=found.unknown,
        # What could not be read may be what a row is about.
        stale=() if found.unknown else list(acceptance.stale(today or dt.datetime.now(dt.UTC).date())),
        left_out=list(LEFT_OUT.values()),
    )
