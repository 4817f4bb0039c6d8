"""The circumstances that `up` needs before it changes anything: room for its files, and a port that it may keep."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from cluster.target import saved
from local.errors import LocalError
from local.machine import Machine, Ports, write_json
from local.setup import PREFERRED_ENDPOINT, open_machine
from local.supervisor import client
from telemetry.platform import this_machine

MIB = 1 << 20
FIRST, LATER = 200 * MIB, 30 * MIB
"""Free bytes that the first `up` needs for databases, images and logs, and a later one."""


def check_room(root: Path) -> None:
    """Raises LocalError when the files of the stack would fill the file system: nothing would end then, or say why."""
    is_later = (root / ".local" / "outputs.json").exists()
    if reason := too_little(root, LATER if is_later else FIRST):
        raise LocalError(reason)


def too_little(root: Path, needed: int = LATER) -> str:
    """Returns a sentence when fewer bytes are free than the stack needs; else an empty text."""
    home = root / ".local"
    free = shutil.disk_usage(home if home.exists() else root).free
    if free >= needed:
        return ""
    return (
        f"No space left: {home} is on a file system with {free // MIB} MiB free, and the stack needs {needed // MIB}. "
        "Make room there; `make down PURGE=1` removes what this clone keeps."
    )


@contextmanager
def opened(root: Path, port: int | None) -> Iterator[Machine]:
    """Yields the clone's machine with the port that somebody chose.

    The former ports are back, also in the processes, when what is done in the block fails. Raises LocalError.
    """
    is_old = port is not None and (root / ".local" / "ports.json").exists()
    before = open_machine(root, create=False).ports if is_old else None
    machine = open_machine(root, endpoint_port=port)
    try:
        yield machine
    except BaseException:
        if before is not None and before != machine.ports:
            _go_back(machine, before)
        raise


def _go_back(machine: Machine, ports: Ports) -> None:
    """Writes the former ports, and gives them to the processes if these run."""
    write_json(machine.home / "ports.json", asdict(ports))
    former = Machine(root=machine.root, home=machine.home, ports=ports)
    if client.alive(former):
        client.ensure(former, _modules(former))


def _modules(machine: Machine) -> tuple[str, ...]:
    """Returns the modules of the system processes, of which there are fewer where the stack is in a cluster."""
    if saved(machine) is None:
        return tuple(this_machine(machine).modules)
    from cluster.platform import MODULES  # noqa: PLC0415 - most stacks are in no cluster

    return MODULES


def moved(machine: Machine) -> str:
    """Returns a sentence for a clone whose first `up` found the usual port taken; else an empty text."""
    if machine.ports.endpoint == PREFERRED_ENDPOINT:
        return ""
    return (
        f"Port {PREFERRED_ENDPOINT} is taken: the endpoint of this clone is at {machine.ports.endpoint}, and stays "
        f"there. `make up PORT={PREFERRED_ENDPOINT}` moves it when that port is free."
    )
