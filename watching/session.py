"""Makes one set of saved files live, by the shortest way that is safe for them.

| what was saved | what happens |
|---|---|
| sources that only functions or images hold | these are packed and registered again: no run of the program |
| anything else: components, contract, settings, new files, migrations | the program runs again, in this process |

What is made of a new version besides, such as the name of the migrations' Job, is left until nobody saves anything:
then the program runs once more, and the state is what `up` would have written.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pulumi

from api_docs import page
from local import desired
from local.cause import cause
from local.machine import Machine
from local.providers import aws, values
from local.providers.docker import IMAGE
from local.state import State
from local.steps import Listener, StepEvent
from local.up import Display, apply
from planning.errors import PlanningError
from telemetry.platform import this_machine
from watching.packed import Packed, may_migrate, packed
from watching.record import Record
from watching.renewal import renew
from watching.rollout import Hurried

CONTRACT = "app/contract/"
"""The folder of the contract, from which files are generated."""
_AWAITED = ("Deployment/", "HorizontalPodAutoscaler/")
"""Objects that their own steps have waited for."""

Events = list[StepEvent]


class _Silent:
    """A display that passes on the steps and shows no phases."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    @contextmanager
    def phase(self, name: str, running: Collection[str] | None = None) -> Iterator[None]:  # noqa: ARG002
        yield

    def __call__(self, event: StepEvent) -> None:
        self._listener(event)

    def summary(self) -> None:
        """Shows nothing: each edit has its one line."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of an update."""

    events: tuple[StepEvent, ...]
    """The steps that changed something, or failed."""
    ran_program: bool
    published: bool = False
    """True if the API's documentation is another one."""
    failure: str = ""
    """The reasons, one a line; empty when all went well."""


class Session:
    """A stack that is up, and whose sources are watched. `listener` takes every step."""

    def __init__(self, machine: Machine, record: Record, listener: Listener) -> None:
        self._machine, self._record, self._listener = machine, record, listener
        self._platform = Hurried(machine, this_machine(machine))
        self._pending: frozenset[str] = frozenset()
        """Files whose update has failed: they are part of the next one."""
        self._must_run = False
        """True if the program has failed: it has to run again, whatever is saved next."""
        self._published = False
        self.owes_run = False
        """True if the program has to run once more before the state is what `up` would have written."""

    def update(self, saved: frozenset[str], generate: Callable[[], frozenset[str]]) -> Outcome:
        """Makes saved files live. `generate` writes what is made of the contract and returns what it has changed."""
        paths, self._published = saved | self._pending, False
        events: Events = []
        self._pending = paths
        ran = False
        try:
            if any(path.startswith(("components/", CONTRACT)) and path.endswith(".py") for path in paths):
                forget_modules()
            if any(path.startswith(CONTRACT) for path in paths):
                paths |= generate()
                self._pending = paths
            concerned = [] if self._must_run else self._concerned(paths)
            if concerned:
                self._renew(concerned, events)
            else:
                ran = True
                self._run(paths, events)
        except (PlanningError, pulumi.RunError) as error:
            return self._outcome(events, ran, str(error))
        except Exception as error:  # noqa: BLE001 - the program is somebody's, and may raise anything
            printed = traceback.format_exc()
            return self._outcome(events, ran, cause(printed, self._machine.root) or f"{type(error).__name__}: {error}")
        self._pending = frozenset()
        return self._outcome(events, ran, "")

    def settle(self) -> Outcome:
        """Runs the program once more, for what an update has left to it."""
        return self.update(frozenset({"__main__.py"}), frozenset)

    def _concerned(self, paths: frozenset[str]) -> list[Packed]:
        """Returns the functions and images that are all that an edit concerns; none if it may concern more."""
        root = self._machine.root
        every = packed(self._record, root)
        if not paths <= {path for each in every for path in each.files} - _of_program():
            return []
        concerned = [each for each in every if each.files & paths]
        in_images = frozenset(path for each in concerned if each.type == IMAGE for path in each.files & paths)
        return [] if may_migrate(in_images, root) else concerned

    def _renew(self, concerned: Collection[Packed], events: Events) -> None:
        """Packs and registers again. Raises PlanningError, BundleError or BuildContextError with what fails."""
        for each in concerned:
            each.pack(self._machine.root)
        packages = [aws.package(self._machine), values.package(self._machine), *self._platform.packages()]
        engine = self._record.trusting(State(self._machine.state_file), packages, self._noted(events))
        done = renew(self._record, engine, [each.urn for each in concerned])
        self.owes_run |= not done.is_whole
        if done.failures:
            raise PlanningError("\n".join(done.failures))

    def _run(self, paths: Collection[str], events: Events) -> None:
        """Runs the program."""
        self._must_run = True
        display: Display = _Silent(self._noted(events))
        apply(self._machine, display, self._platform, make=self._record.trusting)
        if any(path.startswith(CONTRACT) for path in paths):
            before = desired.get(self._machine, page.KEY)
            page.publish(self._machine)
            self._published = desired.get(self._machine, page.KEY) != before
        for key, value in desired.read_all(self._machine).items():
            if not key.startswith(_AWAITED):
                desired.wait(self._machine, key, value)
        self._must_run = self.owes_run = False

    def _noted(self, events: Events) -> Listener:
        def listener(event: StepEvent) -> None:
            self._listener(event)
            if event.operation != "same" or event.error:
                events.append(event)

        return listener

    def _outcome(self, events: Events, ran: bool, failure: str) -> Outcome:
        return Outcome(events=tuple(events), ran_program=ran, published=self._published, failure=failure)


def _of_program() -> set[str]:
    """Returns the paths of the program's own modules, of which the contract's are in functions and images too."""
    names = [name for name in sys.modules if name.split(".")[0] == "components" or name.startswith("app.contract")]
    return {f"{name.replace('.', '/')}{ending}" for name in names for ending in (".py", "/__init__.py")}


def forget_modules() -> None:
    """Makes the next run import the program's own modules anew."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("components", "app")]:
        del sys.modules[name]
