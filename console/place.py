"""The place of the console on this machine: its files, its address, its token, and whether it runs."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from local.errors import LocalError
from local.free_ports import is_free
from local.machine import Machine, Ports, write_json

HOST = "127.0.0.1"
START = "make console"
"""The command that starts it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The console of one clone."""

    machine: Machine
    port: int
    token: str
    """The secret that signs in, made once per clone."""

    @property
    def store(self) -> Path:
        """The history, beside the logs."""
        return self.machine.home / "console" / "history.sqlite"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def link(self) -> str:
        """The address that signs in."""
        return f"{self.address}/sign-in?token={self.token}"


def open_place(root: Path, *, port: int | None = None) -> Place:
    """Returns the place of the clone's console, with a port and a token that are chosen once and kept.

    Raises LocalError when there is no local stack, or when its files are damaged.
    """
    home = root / ".local"
    try:
        ports = Ports(**json.loads((home / "ports.json").read_text()))
    except FileNotFoundError:
        raise LocalError("There is no local stack here yet. Start it with `make up`.") from None
    except (ValueError, TypeError):
        raise LocalError(f"{home / 'ports.json'} is damaged. Start afresh with `make down PURGE=1`.") from None
    file = home / "console.json"
    known = _read(file)
    taken = asdict(ports).values()
    if port is not None and (port not in range(1024, 65536) or port in taken):
        raise LocalError(
            f"--port must be a TCP port from 1024 to 65535 that the stack does not use itself "
            f"({', '.join(map(str, taken))}), not {port}."
        )
    chosen = port or int(known.get("port") or _free(ports.endpoint + 1, taken))
    token = str(known.get("token") or secrets.token_urlsafe(24))
    if known != {"port": chosen, "token": token}:
        write_json(file, {"port": chosen, "token": token})
    return Place(machine=Machine(root=root, home=home, ports=ports), port=chosen, token=token)


def hint(root: Path) -> str:
    """Returns the line about the console that `make up` prints."""
    place = open_place(root)
    return f"Console: {place.link}" + ("" if runs(place.machine) else f"  once `{START}` runs")


def runs(machine: Machine) -> bool:
    """Says whether a console of the clone runs: it holds the lock as long as it lives."""
    try:
        with _lock(machine).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def hold(place: Place) -> IO[str]:
    """Returns the open lock, which is held until it is closed. Raises LocalError when another console has it."""
    path = _lock(place.machine)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise LocalError(f"The console of this clone runs already: {place.link}") from None
    return file


def _lock(machine: Machine) -> Path:
    return machine.run / "console.lock"


def _read(file: Path) -> dict[str, Any]:
    """Returns what was chosen before; nothing of a file that is missing or damaged."""
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _free(first: int, taken: Collection[int]) -> int:
    """Returns the first port from `first` on that nobody listens on and that the stack does not use."""
    candidates = (port for port in range(max(first, 1024), 65536) if port not in taken)
    return next(port for port in candidates if is_free(port))
