"""The collector's place on this machine: its port and its file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from local.free_ports import choose_port
from local.machine import Machine, read_json, write_json

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The collector of one clone."""

    port: int
    store: Path
    """The file of the spans."""

    @property
    def endpoint(self) -> str:
        """The base URL that programs are given, to which OTLP's path is added."""
        return f"http://{HOST}:{self.port}"


def store_file(machine: Machine) -> Path:
    """Returns the file of the spans, beside the logs: `down` keeps it and `down PURGE=1` removes it."""
    return machine.home / "telemetry" / "spans.sqlite"


def place(machine: Machine) -> Place:
    """Returns the clone's place. Its port is chosen once, and kept as long as the clone's other ports are.

    A clone without a stack, at which a preview looks, keeps none.
    """
    file, emulator = machine.home / "telemetry.json", machine.ports.emulator
    try:
        kept = read_json(file)
        port = int(kept["port"]) if kept["emulator"] == emulator else None
    except (ValueError, KeyError, TypeError):  # the file is missing or damaged
        kept, port = None, None
    if port is None:
        port = choose_port(asdict(machine.ports).values())
    chosen = {"port": port, "emulator": emulator}
    if kept != chosen and machine.home.exists():
        write_json(file, chosen)
    return Place(port=port, store=store_file(machine))
