"""Starts and stops the cluster and the databases of a stack that has `hours`: `./crosscloud hours`.

Azure takes a while for both, and takes no other order meanwhile. So each is told once, when it rests, and looked at
until it is as it should be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cyclopts import App, Parameter

from delivery.commands import DeliveryError, Run, main, read, run
from delivery.stacks import shown, stacks

ROOT = Path(__file__).resolve().parent.parent
RUNNING, STOPPED = "running", "stopped"
POLL_SECONDS = 15.0
"""Seconds between two looks."""
LIMIT_SECONDS = 1800.0
"""Seconds after which it is given up. A start takes some ten minutes; an upgrade that is under way may take longer."""
_RESTS = {"Succeeded", "Failed", "Canceled"}
"""States in which a cluster takes orders (https://learn.microsoft.com/rest/api/aks/managed-clusters/get)."""

app = App(name="./crosscloud hours", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@dataclass(frozen=True, kw_only=True)
class Part:
    """A cluster or a server of databases, as Azure sees it."""

    kind: str
    """`cluster` or `server`."""
    name: str
    state: str
    """RUNNING or STOPPED; anything else is under way, or something is wrong with it."""

    def __str__(self) -> str:
        return f"the {self.kind} {self.name} is {self.state}"


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A stack whose cluster and databases run in some hours only."""

    stack: str
    group: str
    """The resource group that they are in."""
    limited: bool
    """False if the stack's file says no hours: then it runs at all of them, and nothing is done or asked here."""
    run: Run
    """Runs the command line of Azure."""
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], object] = print
    """Shows a sentence about what happens now."""

    @classmethod
    def of(cls, stack: str, run: Run, root: Path = ROOT) -> Hours:
        """Returns the hours of a stack, as its file says them. Raises DeliveryError when there is no such stack."""
        there = stacks(root)
        if stack not in there:
            raise DeliveryError(f"There is no stack {shown(stack)}: --stack is one of {', '.join(there)}.")
        project = _read(root / "Pulumi.yaml")["name"]
        config = _read(root / f"Pulumi.{stack}.yaml")["config"]
        limited = bool(config.get(f"{project}:hours"))
        return cls(stack=stack, group=f"{project}-{stack}", limited=limited, run=run)

    def start(self) -> None:
        """Starts what is stopped, and waits until all of it runs. Raises DeliveryError."""
        if self.limited:
            self._bring(("server", "cluster"), RUNNING)
            self.report(f"{self.stack} runs.")
        else:
            self.report(f"{self.stack} runs at all hours: there is nothing to start.")

    def stop(self) -> None:
        """Stops the cluster and then the databases, which its pods use to the end. Raises DeliveryError."""
        if not self.limited:
            raise DeliveryError(
                f"{self.stack} runs at all hours: Pulumi.{self.stack}.yaml has no `hours`. Nothing was stopped."
            )
        self._bring(("cluster",), STOPPED)
        self._bring(("server",), STOPPED)
        self.report(f"{self.stack} is stopped.")

    def check(self) -> None:
        """Raises DeliveryError when something of the stack does not run: what enters the cluster would wait in vain."""
        if self.limited and (others := [part for part in self._parts() if part.state != RUNNING]):
            raise DeliveryError(
                f"{self.stack} does not run: {', '.join(map(str, others))}. Start it with GitHub's workflow Hours, or "
                f"with `./crosscloud hours start --stack {self.stack}`, and do this again."
            )

    def _bring(self, kinds: Sequence[str], state: str) -> None:
        """Tells each part of some kinds to start or to stop, and waits until all of them have."""
        told: set[Part] = set()
        end = self.clock() + LIMIT_SECONDS
        while others := [part for part in self._parts() if part.kind in kinds and part.state != state]:
            if self.clock() >= end:
                raise DeliveryError(
                    f"After {LIMIT_SECONDS / 60:g} minutes not all of {self.stack} is {state}: "
                    f"{', '.join(map(str, others))}. Look at it in Azure, and do this again."
                )
            for part in others:
                if part.state in (RUNNING, STOPPED) and part not in told:
                    self._tell(part, "start" if state == RUNNING else "stop")
                    told.add(part)
            self.sleep(POLL_SECONDS)

    def _tell(self, part: Part, order: str) -> None:
        self.report(f"{order} the {part.kind} {part.name}")
        command = {"cluster": ["aks"], "server": ["postgres", "flexible-server"]}[part.kind]
        self.run(["az", *command, order, "--resource-group", self.group, "--name", part.name, "--no-wait"])

    def _parts(self) -> list[Part]:
        """Returns what is there: nothing before the first deployment."""
        return [
            *(Part(kind="cluster", name=each["name"], state=_cluster(each)) for each in self._listed("aks")),
            *(
                Part(kind="server", name=each["name"], state=_server(each))
                for each in self._listed("postgres", "flexible-server")
            ),
        ]

    def _listed(self, *command: str) -> Iterator[dict[str, Any]]:
        """Yields what Azure lists of a kind in the subscription that is in the stack's group."""
        answer = read(self.run, ["az", *command, "list", "--output", "json"], self.sleep)
        # Azure gives names back in a case of its own.
        return (each for each in answer if each["resourceGroup"].casefold() == self.group.casefold())


def _cluster(answer: dict[str, Any]) -> str:
    """Returns the state of a cluster: that of its power, unless something is under way."""
    if answer["provisioningState"] not in _RESTS:
        return str(answer["provisioningState"])
    power = str(answer["powerState"]["code"])
    return {"Running": RUNNING, "Stopped": STOPPED}.get(power, power)


def _server(answer: dict[str, Any]) -> str:
    state = str(answer["state"])
    return {"Ready": RUNNING, "Stopped": STOPPED}.get(state, state)


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    return content


@app.command
def start(*, stack: str) -> None:
    """Start the cluster and the databases of a stack, and wait until they run.

    Parameters
    ----------
    stack
        The stack; one that runs at all hours is left alone. Log in to Azure before.
    """
    Hours.of(stack, run).start()


@app.command
def stop(*, stack: str) -> None:
    """Stop the cluster and the databases of a stack that has `hours`; one without is refused.

    Parameters
    ----------
    stack
        The stack. Log in to Azure before.
    """
    Hours.of(stack, run).stop()


@app.command
def check(*, stack: str) -> None:
    """Fail, with one sentence, when the cluster or a database of a stack does not run.

    Parameters
    ----------
    stack
        The stack; one that runs at all hours is not looked at. Log in to Azure before.
    """
    Hours.of(stack, run).check()


if __name__ == "__main__":
    main(app)
