"""Says how a stack in the clouds differs from its state, and mends it: `./crosscloud drift`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from delivery import commands
from delivery.commands import DeliveryError, run
from delivery.drift.guard import guard
from delivery.drift.look import look
from delivery.drift.repair import repair
from delivery.stack_events import LOCAL
from delivery.stacks import shown, stacks
from planning.drift import report
from planning.drift.finding import STATUS

ROOT = Path(__file__).resolve().parents[2]

app = App(name="./crosscloud drift", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@app.default
def drift(*, stack: str, as_json: Annotated[bool, Parameter("--json")] = False, markdown: Path | None = None) -> None:
    """Show how a stack differs from its state. It changes nothing, and shows no secret.

    The exit status is 0 when it is clean, 3 when something differs or a lever is pulled, 4 when something that holds
    data is gone, and 1 when that can't be found out.

    Parameters
    ----------
    stack
        dev or prod. Log in to both clouds and to the state's back end before.
    as_json
        As JSON, for programs.
    markdown
        A file into which the report is written too, as the body of an issue.
    """
    found = look(_known(stack), run)
    if markdown is not None:
        markdown.write_text(report.as_markdown(found))
    sys.stdout.write((report.as_json if as_json else report.as_text)(found) + "\n")
    sys.exit(STATUS[found.verdict])


@app.command(name="guard")
def check(*, stack: str) -> None:
    """Fail, with one sentence, when something of a stack that holds data is gone: an update would make an empty one.

    Parameters
    ----------
    stack
        dev or prod. Log in to both clouds and to the state's back end before.
    """
    sys.stdout.write(f"{guard(_known(stack), run)} resources that hold data are there.\n")


@app.command(name="repair")
def mend(*, stack: str, levers: bool = False) -> None:
    """Bring what differs back to what the program declares. What holds data and is gone stops it.

    Parameters
    ----------
    stack
        dev or prod. Log in to both clouds and to the state's back end before.
    levers
        Put the levers of the runbook back too, which people have pulled on purpose.
    """
    repair(_known(stack), run, levers=levers)


def _known(stack: str) -> str:
    """Returns the name of a stack in the clouds. Raises DeliveryError for another."""
    there = [each for each in stacks(ROOT) if each != LOCAL]
    if stack not in there:
        raise DeliveryError(f"There is no stack {shown(stack)} in the clouds: --stack is one of {', '.join(there)}.")
    return stack


def main() -> None:
    """Runs the command line."""
    commands.main(app)


if __name__ == "__main__":
    main()
