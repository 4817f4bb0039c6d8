"""The collector's place on this machine, and whether the stack's file asks for it."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.machine import Machine, write_json

STACK = "local"
WORD = "local"
"""The value of the setting `telemetry.endpoint` that stands for this collector."""
HOST = "127.0.0.1"
SAMPLE_RATE = 0.01
"""The share of new traces that is recorded where the stack's file says nothing, as the settings have it."""


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
    """Returns the clone's place. Its port is chosen once and kept as long as the clone's other ports are.

    A clone without a stack, at which a preview looks, keeps none.
    """
    file, others = machine.home / "telemetry.json", machine.ports.emulator
    kept = None
    try:
        kept = json.loads(file.read_text())
        port = int(kept["port"]) if kept["emulator"] == others else _chosen(machine)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        port = _chosen(machine)
    value = {"port": port, "emulator": others}
    if kept != value and machine.home.exists():
        write_json(file, value)
    return Place(port=port, store=store_file(machine))


def _chosen(machine: Machine) -> int:
    """Returns a free port, at random: clones that start together would all see the first one as free."""
    from local.setup import PORT_RANGE, is_free  # noqa: PLC0415 - it imports what makes certificates, once per clone

    taken = asdict(machine.ports).values()
    return next(port for port in random.sample(PORT_RANGE, len(PORT_RANGE)) if port not in taken and is_free(port))


def wanted(machine: Machine) -> bool:
    """Says whether the stack's file sends spans to this collector."""
    return _group(machine, "telemetry").get("endpoint") == WORD


def sample_rate(machine: Machine) -> float:
    """Returns the share of new traces that is recorded, by the stack's file."""
    orchestrator = _group(machine, "functions").get("orchestrator") or {}
    rate = orchestrator.get("traceSampleRate", SAMPLE_RATE) if isinstance(orchestrator, dict) else SAMPLE_RATE
    return float(rate) if isinstance(rate, int | float) and 0 <= rate <= 1 else SAMPLE_RATE


def _group(machine: Machine, name: str) -> dict[str, Any]:
    """Returns a group of the stack's file; nothing of one that is no mapping, which the settings refuse."""
    from planning.errors import PlanningError  # noqa: PLC0415 - the collector itself asks for no setting
    from planning.stack_file import read_config  # noqa: PLC0415

    try:
        project, texts, _ = read_config(machine.root, STACK)
        group = json.loads(texts.get(f"{project}:{name}", "{}"))
    except (PlanningError, ValueError):  # the program says what is wrong with the file
        return {}
    return group if isinstance(group, dict) else {}
