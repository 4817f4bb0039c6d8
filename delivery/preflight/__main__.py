"""Says before a deployment what would stop it: `./crosscloud preflight --stack dev`. It changes nothing.

PASS: all is well. SKIP: not looked at, for a reason that is no fault. WARN: it can't be told, or does no harm yet.
FAIL: the deployment certainly fails. The line below a finding mends it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from delivery import commands
from delivery.preflight import report
from delivery.preflight.ask import Ask
from delivery.preflight.check import Deployment, findings
from delivery.preflight.checks import CHECKS
from delivery.preflight.finding import Verdict
from delivery.preflight.needs import read
from delivery.preflight.processes import SECONDS, Processes
from delivery.preflight.recording import Recording
from planning.errors import PlanningError

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = 1
"""The exit status when something certainly stops the deployment; it is 2 when nothing could be checked."""

app = App(name="./crosscloud preflight", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@app.default
def preflight(
    *,
    stack: str,
    repository: str = "",
    ask_address: bool = False,
    as_json: Annotated[bool, Parameter("--json")] = False,
    strict: bool = False,
    seconds: float = SECONDS,
    record: Path | None = None,
) -> None:
    """Check what a deployment of a stack needs, on this machine and in both clouds.

    The exit status is 1 when something certainly stops the deployment, 2 when nothing could be checked.

    Parameters
    ----------
    stack
        dev or prod.
    repository
        The repository whose workflows deliver, as OWNER/NAME: are the subjects of its tokens those that are trusted?
    ask_address
        Ask checkip.amazonaws.com which address this machine shows: will the cluster answer it?
    as_json
        As JSON, for programs.
    strict
        The exit status is 1 also when a check can't tell, or warns.
    seconds
        The seconds that a command of the clouds may take.
    record
        A folder for the answers of the tools, with ids replaced, from which tests can be made.
    """
    needs = read(ROOT, stack)
    processes = Processes(seconds=seconds, folder=ROOT)
    run = Recording(run=processes)
    ask = Ask(run=run, region=needs.region, subscription=str(needs.azure.get("subscriptionId", "")))
    deployment = Deployment(
        needs=needs, ask=ask, repository=repository, ask_address=ask_address, environment=dict(os.environ)
    )
    try:
        found = findings(CHECKS, deployment)
    except KeyboardInterrupt:
        processes.stop()
        sys.exit(130)
    sys.stdout.write((report.as_json if as_json else report.as_text)(stack, found) + "\n")
    if record is not None:
        run.write(record)
    grave = (Verdict.FAIL, Verdict.WARN) if strict else (Verdict.FAIL,)
    sys.exit(BLOCKED if report.worst(found) in grave else 0)


def main() -> None:
    """Runs the command line. Exits with 2 when there is no such stack, or the program refuses its settings."""
    try:
        commands.main(app)
    except PlanningError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
