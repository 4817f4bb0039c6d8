"""`python -m delivery.canary`: moves a function's calls to its new version step by step, and back when an alarm fires.

A step is a setting and `pulumi up`, so that the stack's state always says what is deployed. The settings are those of
`functions.<name>.canary` in the stack's file; at the end they are gone again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyclopts import App

STEPS = (0.95, 0.75, 0.5)
"""The shares of calls that stay with the previous version, one after the other; then none."""
BACK = 0.999
"""The share that the previous version has again after a return: a setting is below 1."""
WATCH_SECONDS = 300.0
"""How long a step is watched: the alarms look at five minutes."""
POLL_SECONDS = 15.0

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed. Raises DeliveryError."""

app = App(name="canary", help=__doc__, version_flags=[])


class DeliveryError(Exception):
    """A sentence for whoever delivers: what happened, and what is deployed now."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """`alarms` is the prefix of the names of the alarms that decide."""

    stack: str
    function: str
    alarms: str
    run: Run
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], object] = print

    def deliver(self) -> None:
        """Raises DeliveryError after the return when an alarm fired or a deployment failed."""
        if firing := self._firing():
            raise DeliveryError(f"{', '.join(firing)} fires before anything was changed: nothing is deployed.")
        previous = self._version()
        if previous is None:
            self.tell(f"{self.stack} has no {self.function} yet: everything goes to the first version.")
            self._up()
            return
        for weight in STEPS:
            self.tell(f"version {previous} keeps {weight:.0%} of the calls")
            self._set(previous, weight)
            self._guarded(previous)
        self.tell("the new version has all calls")
        self._pulumi("config", "rm", "--path", self._path)
        self._guarded(previous)

    def _guarded(self, previous: int) -> None:
        try:
            self._up()
            fired = self._watch()
        except DeliveryError as error:
            self._return(previous)
            raise DeliveryError(f"{error} Version {previous} has its calls back.") from error
        if fired:
            self._return(previous)
            raise DeliveryError(f"{', '.join(fired)} fired: version {previous} has its calls back. Revert the commit.")

    def _return(self, previous: int) -> None:
        self.tell(f"return to version {previous}")
        self._set(previous, BACK)
        # The alias alone: whatever else the change brought may be what fails.
        self._up("--target", f"**::aws:lambda/alias:Alias::{self.function}-live")

    def _watch(self) -> list[str]:
        end = self.clock() + WATCH_SECONDS
        while self.clock() < end:
            if fired := self._firing():
                return fired
            self.sleep(POLL_SECONDS)
        return []

    def _firing(self) -> list[str]:
        query = ("--state-value", "ALARM", "--alarm-name-prefix", self.alarms, "--output", "json")
        answer = json.loads(self.run(["aws", "cloudwatch", "describe-alarms", *query]))
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer.get(kind, [])]

    def _version(self) -> int | None:
        outputs = json.loads(self._pulumi("stack", "output", "--json"))
        version = outputs.get(self.function, {}).get("version")
        return int(version) if version else None

    @property
    def _path(self) -> str:
        return f"crosscloud:functions.{self.function}.canary"

    def _set(self, previous: int, weight: float) -> None:
        for key, value in (("previousVersion", previous), ("weight", weight)):
            self._pulumi("config", "set", "--path", f"{self._path}.{key}", str(value))

    def _up(self, *options: str) -> None:
        self._pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policy/crossguard", *options)

    def _pulumi(self, *arguments: str) -> str:
        return self.run(["pulumi", *arguments, "--stack", self.stack, "--non-interactive"])


def run(command: Sequence[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - argv is made here
    if done.returncode:
        raise DeliveryError(f"`{' '.join(command[:3])}` failed with exit status {done.returncode}.")
    return done.stdout


@app.default
def canary(*, stack: str, function: str = "orchestrator", alarms: str) -> None:
    """Deploy a stack while its function's calls move over in steps of five minutes.

    Parameters
    ----------
    stack
        The stack, logged in to both clouds and to the state's back end.
    function
        The function, by its name in the stack's file.
    alarms
        Prefix of the names of the CloudWatch alarms that take the calls back.
    """
    try:
        Canary(stack=stack, function=function, alarms=alarms, run=run).deliver()
    except DeliveryError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    app()
