from local.machine import Machine
from local.processes import ProcessSpec
from tests.unit.local.supervisor.fakes import make


def spec(machine: Machine) -> ProcessSpec:
    return make(machine, "emulator")
