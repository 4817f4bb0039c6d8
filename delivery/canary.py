"""`python -m delivery.canary`: moves calls to new versions step by step, and back when an alarm goes off.

What moves is every function and service that a preview finds changed, all by the same steps. A step is a setting and
`pulumi up`, so that the stack's state always says what is deployed: `functions.<name>.canary` and
`services.<name>.canary` in the stack's file, which are gone again at the end.
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
"""The shares of calls that stay with the previous versions, one after the other; then none."""
BACK = 1
"""The share that they have again after a return: all."""
WATCH_SECONDS = 300.0
"""How long a step is watched: the alarms look at five minutes."""
POLL_SECONDS = 15.0

app = App(name="canary", help=__doc__, version_flags=[])


@dataclass(frozen=True, kw_only=True)
class Canary:
    stack: str
    run: Run
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], object] = print

    def deliver(self) -> None:
        """Raises DeliveryError after the return when an alarm went off or a deployment failed."""
        preview = json.loads(self._pulumi("preview", "--json", "--show-sames"))
        alarms = Alarms.of(preview, self.run)
        if firing := alarms.firing():
            raise DeliveryError(f"{', '.join(firing)} fires before anything was changed: nothing is deployed.")
        moving = list(releases(preview))
        if not moving:
            self.tell(f"{self.stack} has no version that could keep calls: everything is deployed at once.")
            self._up()
            return
        for weight in STEPS:
            self.tell(f"the previous {_names(moving)} keep {weight:.0%} of the calls")
            self._set(moving, weight)
            self._guarded(moving, alarms)
        self.tell("the new versions have all calls")
        self._pulumi("config", "rm-all", "--path", *(release.setting for release in moving))
        self._guarded(moving, alarms)

    def _guarded(self, moving: Sequence[Release], alarms: Alarms) -> None:
        try:
            self._up()
            fired = self._watch(alarms)
        except DeliveryError as error:
            raise DeliveryError(f"{error} {self._return(moving)}") from error
        if fired:
            raise DeliveryError(f"{', '.join(fired)} fired. {self._return(moving)} Revert the commit.")

    def _return(self, moving: Sequence[Release]) -> str:
        """What became of it."""
        self.tell(f"return to the previous {_names(moving)}")
        self._set(moving, BACK)
        targets = [option for release in moving for target in release.targets for option in ("--target", target)]
        try:
            # What has the calls, and nothing else: whatever else the change brought may be what fails.
            self._up(*targets)
        except DeliveryError as error:
            return f"THE RETURN FAILED, TOO: {error} Return by hand (docs/runbook.md)."
        return f"The previous {_names(moving)} have their calls back."

    def _watch(self, alarms: Alarms) -> list[str]:
        end = self.clock() + WATCH_SECONDS
        while self.clock() < end:
            if fired := alarms.firing():
                return fired
            self.sleep(POLL_SECONDS)
        return []

    def _set(self, moving: Sequence[Release], weight: float) -> None:
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
    """Deploy a stack while the calls of what has changed move over in steps of five minutes.

    Parameters
    ----------
    stack
        The stack, logged in to both clouds and to the state's back end.
    """
    try:
        Canary(stack=stack, run=run).deliver()
    except DeliveryError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    app()
