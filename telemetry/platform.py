"""The place of the local stack: this machine, with the collector as one more process where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local import desired
from local.machine import Machine
from local.supervisor.client import MODULES
from local.up import Platform
from telemetry import envoy
from telemetry.place import place
from telemetry.settings import is_enabled, sample_rate

KEY = desired.key_of("Collector", "", "collector")
"""The object by which Envoy learns of the collector."""


class Traced(Platform):
    """A machine whose functions, services and Envoy send their spans to a collector of its own."""

    modules: Sequence[str] = (*MODULES, "telemetry.process")

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._endpoint = place(machine).endpoint

    def config(self) -> Mapping[str, object]:
        """Returns the configuration of this machine, which knows the collector's address."""
        return {
            key: {**value, "collector": self._endpoint} if isinstance(value, dict) else value
            for key, value in super().config().items()
        }


def this_machine(machine: Machine) -> Platform:
    """Returns the machine that the stack's file asks for."""
    return Traced(machine) if is_enabled(machine) else Platform(machine)


def declare_tracing(machine: Machine) -> None:
    """Declares where Envoy sends its spans, or that it sends none."""
    if is_enabled(machine):
        value = envoy.parts(place(machine), rate=sample_rate(machine))
        if desired.get(machine, KEY) != value:
            desired.put(machine, KEY, value)
    else:
        desired.remove(machine, KEY)
