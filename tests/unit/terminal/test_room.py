"""The port and the room of `up`: what is wrong is refused at once, and what has failed leaves nothing behind."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.errors import LocalError
from local.machine import Machine, Ports
from local.setup import PREFERRED_ENDPOINT, choose_ports
from local.supervisor import client
from terminal import room


def saved(machine: Machine) -> Ports:
    return Ports(**json.loads((machine.home / "ports.json").read_text()))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Ports]:
    """The ports with which the processes were brought up to date; they run."""
    ports: list[Ports] = []
    monkeypatch.setattr(client, "alive", lambda _: True)
    monkeypatch.setattr(client, "ensure", lambda machine, _: ports.append(machine.ports))
    return ports


def test_a_port_is_kept_when_all_went_well(machine: Machine, started: list[Ports]) -> None:
    port = choose_ports(None).ingress
    with room.opened(machine.root, port) as opened:
        assert opened.ports == replace(machine.ports, endpoint=port)
    assert saved(machine) == replace(machine.ports, endpoint=port)
    assert started == []


@pytest.mark.parametrize("error", [LocalError, KeyboardInterrupt, OSError])
def test_a_port_of_an_up_that_failed_is_forgotten_here_and_in_the_processes(
    machine: Machine, started: list[Ports], error: type[BaseException]
) -> None:
    with pytest.raises(error), room.opened(machine.root, choose_ports(None).ingress):
        raise error
    assert saved(machine) == machine.ports
    assert started == [machine.ports]


@pytest.mark.parametrize("port", [None, 0])
def test_without_another_port_a_failure_starts_nothing(
    machine: Machine, started: list[Ports], port: int | None
) -> None:
    chosen = machine.ports.endpoint if port == 0 else None
    with pytest.raises(LocalError), room.opened(machine.root, chosen):
        raise LocalError
    assert saved(machine) == machine.ports
    assert started == []


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999])
def test_a_port_that_can_be_none_is_refused_and_not_saved(machine: Machine, started: list[Ports], port: int) -> None:
    with pytest.raises(LocalError, match="PORT must be a free TCP port"), room.opened(machine.root, port):
        pytest.fail("is opened")
    assert saved(machine) == machine.ports
    assert started == []


def test_damaged_ports_are_one_sentence_also_where_a_port_is_chosen(machine: Machine, started: list[Ports]) -> None:
    (machine.home / "ports.json").write_text("{")
    with pytest.raises(LocalError, match=r"ports\.json is damaged\. Start afresh"), room.opened(machine.root, 9543):
        pytest.fail("is opened")
    assert started == []


def test_a_full_file_system_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room.FIRST - 1))
    with pytest.raises(LocalError, match=r"No space left: .*\.local is on a file system with 199 MiB free"):
        room.check_room(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").touch()
    room.check_room(tmp_path)


def test_a_clone_at_another_port_than_usual_says_so(machine: Machine) -> None:
    usual, other = (
        replace(machine, ports=replace(machine.ports, endpoint=port)) for port in (PREFERRED_ENDPOINT, 24000)
    )
    assert room.moved(usual) == ""
    assert room.moved(other).startswith("Port 8443 is taken: the endpoint of this clone is at 24000, and stays there.")
