"""`./crosscloud planning`: what the program declares for a stack, without an account, a machine or the Pulumi CLI."""

from __future__ import annotations

import sys

from planning.commands import app
from planning.errors import PlanningError
from planning.pipes import silent_end


def main() -> None:
    """Runs the command line; a PlanningError is printed as one sentence and ends it with the status 1."""
    try:
        with silent_end():
            app()
    except PlanningError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
