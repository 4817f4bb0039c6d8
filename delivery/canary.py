"""Moves calls to new versions step by step, and back when they are worse: `./crosscloud canary`.

All functions and services that a preview finds changed move in the same steps. A step is a setting and `pulumi up`, so
that the stack's state always says what is deployed: `functions.<name>.canary` and `services.<name>.canary` in the
stack's file, which are removed at the end. In step zero the new versions are there and get no calls.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import App, Parameter

from delivery.commands import DeliveryError, Run, main, parsed, run
from delivery.drift.guard import guard
from delivery.dry_run import DryRun
from delivery.hours import Hours
from delivery.login import LogIn, log_in
from delivery.releases import FunctionRelease, Release, releases
from delivery.watch import Times, Watch

STEPS = (0.95, 0.75, 0.5)
"""The shares of calls that stay with the previous versions, one after the other. After the last step no call stays."""
ALL_CALLS = 1
"""The share of calls that the previous versions have again after a return."""

app = App(name="./crosscloud canary", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A delivery of one stack in steps."""

    stack: str
    """The name of the stack, whose state's back end and clouds are logged in to."""
    run: Run
    """Runs the command lines of Pulumi and of the clouds."""
    log_in: LogIn
    """Logs in to both clouds anew: before each step, before it is watched and before a return."""
    guard: Callable[[], object]
    """Raises DeliveryError when something that holds data is gone: before anything is deployed, and before each step.
    A return is not held up by it: it changes what routes the calls, and makes nothing."""
    steps: Sequence[float] = STEPS
    """The shares of calls that stay with the previous versions."""
    times: Times = field(default_factory=Times)
    """The times of the watch of each step, in seconds."""
    although: Collection[str] = ()
    """The names of the alarms that neither stop nor return this delivery: it mends what they fire for."""
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], object] = print
    """Shows a sentence about what happens now."""

    def deliver(self) -> None:
        """Deploys the stack in steps.

        Raises DeliveryError when a new version is worse than the previous one, an alarm fired or a deployment failed,
        after the previous versions have their calls back.
        """
        self._log_in()
        self.guard()
        preview = parsed(self._pulumi("preview", "--json", "--show-sames"), "`pulumi preview`")
        watch = Watch.deployed(preview, self.run, times=self.times, clock=self.clock, although=self.although)
        self._check_alarms(watch)
        moving = list(releases(preview))
        if not moving:
            self.report(f"{self.stack} has no previous version that could keep calls: everything is deployed at once.")
            self._up()
            return
        watch.begin(moving)
        self.report(f"the new {_names(moving)} are deployed and get no calls")
        self._set(moving, ALL_CALLS)
        if failures := self._up_and_dry_run(watch):
            kept = f"The previous {_names(moving)} have all calls."
            raise DeliveryError(f"{' '.join(failures)} {kept} Revert the commit.")
        for weight in self.steps:
            self._try(moving, weight, watch)
        self._try(moving, None, watch)

    def _check_alarms(self, watch: Watch) -> None:
        """Raises DeliveryError when an alarm is firing that the delivery is not to go on in spite of."""
        firing = watch.alarms.firing()
        if others := [name for name in firing if name not in self.although]:
            options = " ".join(f"--although {name}" for name in others)
            raise DeliveryError(
                f"{', '.join(others)} fired before anything was changed: nothing is deployed. If this delivery mends "
                f"what they fire for, run it with `{options}`; these alarms then do not return it."
            )
        for name in self.although:
            state = "fires" if name in firing else "does not fire now"
            self.report(f"{name} {state}; this delivery goes on in spite of it.")

    def _try(self, moving: Sequence[Release], weight: float | None, watch: Watch) -> None:
        """Does one step, after which the previous versions keep a share of the calls, or with None no call.

        Whatever stops the step, the previous versions have all calls again before that is raised: a DeliveryError, a
        fault of the delivery itself, or the end of the job that somebody has cancelled.
        """
        try:
            reasons = self._move_and_watch(moving, weight, watch)
        except DeliveryError as error:
            raise DeliveryError(f"{error} {self._return(moving)}") from error
        except BaseException as error:
            self.report(f"The delivery is stopped by {_described(error)}. {self._return(moving)}")
            raise
        if reasons:
            raise DeliveryError(f"{' '.join(reasons)} {self._return(moving)} Revert the commit.")

    def _up_and_dry_run(self, watch: Watch) -> list[str]:
        """Deploys the new versions, calls them before anybody else does, and returns why they can't get calls.

        Whatever fails, there is nothing to return: no setting of this step gives them calls.
        """
        dry_run = DryRun(run=self.run)
        functions = [release for release in watch.moving if isinstance(release, FunctionRelease)]
        try:
            self._up()
            watch.newest = dry_run.newest(functions)
            return [reason for each in functions for reason in dry_run.failures(each, watch.newest[each.name])]
        except DeliveryError as error:
            return [str(error)]

    def _move_and_watch(self, moving: Sequence[Release], weight: float | None, watch: Watch) -> list[str]:
        """Deploys one step, and returns the first reasons to return that are seen within the time for it."""
        if weight is None:
            self.report("the new versions have all calls")
            self._pulumi("config", "rm-all", "--path", *(release.setting for release in moving))
        else:
            self.report(f"the previous {_names(moving)} keep {weight:.0%} of the calls")
            self._set(moving, weight)
        self._up()
        self._log_in()
        end = self.clock() + self.times.watch
        while self.clock() < end:
            if reasons := list(watch.reasons()):
                return reasons
            self.sleep(self.times.poll)
        return []

    def _return(self, moving: Sequence[Release]) -> str:
        """Gives the previous versions all calls, and returns a sentence that says whether that worked."""
        self.report(f"return to the previous {_names(moving)}")
        targets = [option for release in moving for target in release.targets for option in ("--target", target)]
        try:
            self._set(moving, ALL_CALLS)
            # Only what routes the calls: something else of the change may be what fails.
            self._up(*targets)
        except BaseException as error:  # noqa: BLE001 - also of a job that is cancelled: the caller says why it returns
            return f"THE RETURN FAILED TOO: {_described(error)} Return by hand (docs/runbook.md)."
        return f"The previous {_names(moving)} have their calls back."

    def _set(self, moving: Sequence[Release], weight: float) -> None:
        """Writes the share of calls that the previous versions keep into the stack's file."""
        values = [(r.setting, key, value) for r in moving for key, value in ((r.key, r.previous), ("weight", weight))]
        options = [option for path, key, value in values for option in ("--plaintext", f"{path}.{key}={value}")]
        self._pulumi("config", "set-all", "--path", *options)

    def _log_in(self) -> None:
        """Logs in anew. When that fails, the log-in that there is may still do: a return must not depend on it."""
        try:
            self.log_in()
        except Exception as error:  # noqa: BLE001 - an answer of another form must not stop a return either
            self.report(f"{_described(error)} The delivery goes on with the log-in that it has.")

    def _up(self, *options: str) -> None:
        self._log_in()
        if not options:
            self.guard()
        self._pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policy/crossguard", *options)

    def _pulumi(self, *arguments: str) -> str:
        return self.run(["pulumi", *arguments, "--stack", self.stack, "--non-interactive"])


def _described(error: BaseException) -> str:
    """Returns the sentence of a DeliveryError; of any other error its type too, as its text alone may say nothing."""
    return str(error) if isinstance(error, DeliveryError) else f"{type(error).__name__}: {error}"


def _names(moving: Sequence[Release]) -> str:
    return ", ".join(release.name for release in moving)


@app.default
def canary(*, stack: str, although: Annotated[tuple[str, ...], Parameter(env_var="DELIVER_ALTHOUGH")] = ()) -> None:
    """Deploy a stack while the calls of all that has changed move to the new versions in steps of five minutes.

    Parameters
    ----------
    stack
        The stack. Log in to both clouds and to the state's back end before; in a job of a workflow the delivery then
        logs in anew before each step.
    although
        The name of an alarm that is firing for what this delivery mends: it neither stops nor returns the delivery. May
        be given more than once.
    """
    # Whoever ends the process, calls must not stay split.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    Hours.of(stack, run).check()
    Canary(
        stack=stack,
        run=run,
        log_in=log_in(os.environ, run),
        guard=lambda: guard(stack, run),
        although=although,
    ).deliver()


if __name__ == "__main__":
    main(app)
