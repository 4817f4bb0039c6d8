"""The stack's file decides whether there is a collector: without its word, nothing of it is started or declared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local import desired
from local.machine import Machine, Ports
from local.supervisor.client import MODULES
from local.up import Platform
from telemetry import platform, process
from telemetry.place import place


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "Pulumi.yaml").write_text("name: crosscloud\n")
    ports = Ports(endpoint=8443, ingress=20001, issuer=20002, emulator=20003, postgres=20004)
    return Machine(root=tmp_path, home=tmp_path / ".local", ports=ports)


def write(machine: Machine, **config: object) -> None:
    content = {"config": {f"crosscloud:{name}": value for name, value in config.items()}}
    (machine.root / "Pulumi.local.yaml").write_text(json.dumps(content))


@pytest.mark.parametrize("telemetry", [{}, {"endpoint": "http://127.0.0.1:4318"}, "nonsense"])
def test_without_the_word_there_is_no_collector(machine: Machine, telemetry: object) -> None:
    write(machine, telemetry=telemetry)
    found = platform.this_machine(machine)
    platform.declare_tracing(machine)
    assert found.modules == MODULES
    assert found.config() == Platform(machine).config()
    assert desired.get(machine, platform.KEY) is None
    assert not machine.home.exists(), "no port is chosen either"


def test_with_it_the_collector_is_a_process_whose_address_the_program_and_envoy_know(machine: Machine) -> None:
    machine.home.mkdir()
    write(machine, telemetry={"endpoint": "local"}, functions={"orchestrator": {"traceSampleRate": 0.25}})
    found = platform.this_machine(machine)
    own = place(machine)
    platform.declare_tracing(machine)
    assert found.modules == (*MODULES, "telemetry.process")
    (known,) = Platform(machine).config().items()
    assert found.config() == {known[0]: {**known[1], "collector": own.endpoint}}
    assert process.spec(machine).ports == (own.port,)
    assert place(machine) == own, "the port stays"

    declared = desired.get(machine, platform.KEY)
    assert declared is not None
    assert set(declared["tracing"]) == {"gateway", "ingress"}
    text = json.dumps(declared)
    assert str(own.port) in text
    assert "$" not in text.replace("%", "")
    shares = [
        declared["tracing"][name]["provider"]["typed_config"]["sampler"]["typed_config"]["wrapped_sampler"][
            "typed_config"
        ]["sampling_percentage"]["numerator"]
        for name in ("gateway", "ingress")
    ]
    assert shares == [250_000, 0], "the gateway begins traces, the ingress never does"

    write(machine)
    platform.declare_tracing(machine)
    assert desired.get(machine, platform.KEY) is None


def test_another_set_of_ports_is_a_new_one_for_the_collector_too(machine: Machine) -> None:
    machine.home.mkdir()
    """A person who removes the kept ports, because somebody else has one of them, gets a new one here too."""
    first = place(machine)
    moved = replace(machine, ports=replace(machine.ports, emulator=20005))
    assert len({first.port, place(moved).port, place(moved).port, first.port}) == 2
    (machine.home / "telemetry.json").write_text("damaged")
    assert place(machine).port not in vars(machine.ports).values()


def test_a_look_at_a_clone_without_a_stack_leaves_nothing(machine: Machine) -> None:
    write(machine, telemetry={"endpoint": "local"})
    assert platform.this_machine(machine).modules == (*MODULES, "telemetry.process")
    assert not machine.home.exists()
