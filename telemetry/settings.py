"""The stack's file, as far as it concerns the collector of this machine."""

from __future__ import annotations

import json
from typing import Any

from local.machine import Machine
from local.up import STACK
from planning.errors import PlanningError
from planning.stack_file import read_config

LOCAL_ENDPOINT = "local"
"""The value of the setting `telemetry.endpoint` that stands for this collector."""
SAMPLE_RATE = 0.01
"""The share of new traces that is recorded where the stack's file says nothing, as the settings have it."""


def is_enabled(machine: Machine) -> bool:
    """Returns whether the stack's file sends spans to this collector."""
    return _group(machine, "telemetry").get("endpoint") == LOCAL_ENDPOINT


def sample_rate(machine: Machine) -> float:
    """Returns the share of new traces that is recorded, by the stack's file."""
    orchestrator = _group(machine, "functions").get("orchestrator") or {}
    rate = orchestrator.get("traceSampleRate", SAMPLE_RATE) if isinstance(orchestrator, dict) else SAMPLE_RATE
    return float(rate) if isinstance(rate, int | float) and 0 <= rate <= 1 else SAMPLE_RATE


def _group(machine: Machine, name: str) -> dict[str, Any]:
    """Returns a group of the stack's file; nothing of one that is no mapping, which the settings refuse."""
    try:
        project, texts, _ = read_config(machine.root, STACK)
        group = json.loads(texts.get(f"{project}:{name}", "{}"))
    except (PlanningError, ValueError):  # the program says what is wrong with the file
        return {}
    return group if isinstance(group, dict) else {}
