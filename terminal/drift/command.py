"""The command `drift`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter

from cluster.platform import Cluster, connected
from cluster.target import saved
from local.errors import LocalError
from local.machine import Machine
from local.providers import aws, values
from local.state import State
from local.supervisor import client
from local.up import Platform
from planning.drift import report
from planning.drift.finding import STATUS
from terminal import clone
from terminal.drift.look import Place

app = App(name="drift")

IN_A_CLUSTER = "properties of what is in the cluster: there it is only asked whether it exists"
"""The part that is not compared where the stack is in a cluster, which adds properties of its own."""


@app.default
def drift(*, as_json: Annotated[bool, Parameter("--json")] = False) -> None:
    """Show what of this machine's stack was changed or deleted behind its back. It changes nothing.

    Parameters
    ----------
    as_json
        As JSON, for programs.
    """
    machine = clone.machine()
    if not client.alive(machine):
        raise LocalError("The stack is down, so that nobody can say how it differs. Start it with `make up`.")
    with platform_of(machine) as (platform, left_out):
        packages = [aws.package(machine), values.package(machine), *platform.packages()]
        result = Place.of(machine, packages, State(machine.state_file)).look(left_out=left_out)
    sys.stdout.write((report.as_json if as_json else report.as_text)(result) + "\n")
    sys.exit(STATUS[result.verdict])


@contextmanager
def platform_of(machine: Machine) -> Iterator[tuple[Platform, list[str]]]:
    """Yields where everything is that is not AWS's, and what can't be compared there."""
    target = saved(machine)
    if target is None:
        yield Platform(machine), []
        return
    with connected(target) as api:
        yield Cluster(machine, api), [IN_A_CLUSTER]
