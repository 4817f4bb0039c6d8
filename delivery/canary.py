"""Moves calls to new versions step by step, and back when an alarm fires: `python -m delivery.canary`.

All functions and services that a preview finds changed move in the same steps. A step is a setting and `pulumi up`, so
that the stack's state always says what is deployed: `functions.<name>.canary` and `services.<name>.canary` in the
stack's file, which are removed at the end.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyclopts import App

from delivery.alarms import Alarms
from delivery.commands import DeliveryError, Run, run
from delivery.releases import Release, releases

STEPS = (0.95, 0.75, 0.5)
"""The shares of calls that stay with the previous versions, one after the other. After the last step no call stays."""
ALL_CALLS = 1
"""The share of calls that the previous versions have again after a return."""
WATCH_SECONDS = 300.0
"""Seconds for which a step is watched: the alarms look at five minutes."""
POLL_SECONDS = 15.0
"""Seconds between two looks at the alarms."""

app = App(name="canary", help=__doc__, version_flags=[])


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A delivery of one stack in steps."""

    stack: str
    """The name of the stack, whose state's back end and clouds are logged in to."""
    run: Run
    """Runs the command lines of Pulumi and of the clouds."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], object] = print
    """Shows a sentence about what happens now."""

    def deliver(self) -> None:
        """Deploys the stack in steps.

        Raises DeliveryError when an alarm fired or a deployment failed, after the previous versions have their calls
        back.
        """
        preview = json.loads(self._pulumi("preview", "--json", "--show-sames"))
        alarms = Alarms.deployed(preview, self.run)
        if firing := alarms.firing():
            raise DeliveryError(f"{', '.join(firing)} fired before anything was changed: nothing is deployed.")
        moving = list(releases(preview))
        if not moving:
            self.report(f"{self.stack} has no previous version that could keep calls: everything is deployed at once.")
            self._up()
            return
        for weight in STEPS:
            self.report(f"the previous {_names(moving)} keep {weight:.0%} of the calls")
            self._set(moving, weight)
            self._up_and_watch(moving, alarms)
        self.report("the new versions have all calls")
        self._pulumi("config", "rm-all", "--path", *(release.setting for release in moving))
        self._up_and_watch(moving, alarms)

    def _up_and_watch(self, moving: Sequence[Release], alarms: Alarms) -> None:
        """Deploys one step and watches it. Raises DeliveryError after a return."""
        try:
            self._up()
            fired = self._watch(alarms)
        except DeliveryError as error:
            raise DeliveryError(f"{error} {self._return(moving)}") from error
        if fired:
            raise DeliveryError(f"{', '.join(fired)} fired. {self._return(moving)} Revert the commit.")

    def _return(self, moving: Sequence[Release]) -> str:
        """Gives the previous versions all calls, and returns a sentence that says whether that worked."""
        self.report(f"return to the previous {_names(moving)}")
        self._set(moving, ALL_CALLS)
        targets = [option for release in moving for target in release.targets for option in ("--target", target)]
        try:
            # Only what routes the calls: something else of the change may be what fails.
            self._up(*targets)
        except DeliveryError as error:
            return f"THE RETURN FAILED TOO: {error} Return by hand (docs/runbook.md)."
        return f"The previous {_names(moving)} have their calls back."

    def _watch(self, alarms: Alarms) -> list[str]:
        """Returns the first alarms that fire within WATCH_SECONDS, none when all is well."""
        end = self.clock() + WATCH_SECONDS
        while self.clock() < end:
            if fired := alarms.firing():
                return fired
            self.sleep(POLL_SECONDS)
        return []

    def _set(self, moving: Sequence[Release], weight: float) -> None:
        """Writes the share of calls that the previous versions keep into the stack's file."""
        values = [(r.setting, key, value) for r in moving for key, value in ((r.key, r.previous), ("weight", weight))]
        options = [option for path, key, value in values for option in ("--plaintext", f"{path}.{key}={value}")]
        self._pulumi("config", "set-all", "--path", *options)

    def _up(self, *options: str) -> None:
        self._pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policy/crossguard", *options)

    def _pulumi(self, *arguments: str) -> str:
        return self.run(["pulumi", *arguments, "--stack", self.stack, "--non-interactive"])


def _names(moving: Sequence[Release]) -> str:
    return ", ".join(release.name for release in moving)


@app.default
def canary(*, stack: str) -> None:
    """Deploy a stack while the calls of all that has changed move to the new versions in steps of five minutes.

    Parameters
    ----------
    stack
        The stack. Log in to both clouds and to the state's back end before.
    """
    try:
        Canary(stack=stack, run=run).deliver()
    except DeliveryError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    app()
