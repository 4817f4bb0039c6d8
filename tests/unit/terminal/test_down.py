"""`down` of a clone whose stack is in a cluster: this machine's processes end, and no advice is a dead end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from cluster import claim, platform
from cluster.connection import LostError
from cluster.target import Target, save
from local.errors import LocalError, ProviderError
from local.machine import Machine, write_text
from local.setup import open_machine
from local.supervisor import client
from terminal import commands, leaving
from tests.unit.cluster.fakes import FakeApi


class Clone:
    """A clone with a stack in a cluster, and what its commands have said and stopped."""

    def __init__(self, root: Path) -> None:
        self.machine: Machine = open_machine(root)
        self.kubeconfig = root / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump({"contexts": [{"name": "kind-mine"}]}))
        self.target = Target(kubeconfig=str(self.kubeconfig), context="kind-mine", identity="uid", clone="me")
        save(self.machine, self.target)
        self.stopped, self.said = 0, ""

    def down(self, *, purge: bool = True, forget: bool = False) -> str:
        with commands.console.capture() as capture:
            commands.down(purge=purge, forget=forget)
        self.said = " ".join(capture.get().split())
        return self.said


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    clone = Clone(tmp_path)
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "console", Console(width=1000))
    monkeypatch.setattr(client, "stop", lambda _: setattr(clone, "stopped", clone.stopped + 1))
    return clone


def connects(monkeypatch: pytest.MonkeyPatch, api: FakeApi | Exception) -> None:
    @contextmanager
    def connected(_: Target) -> Iterator[FakeApi]:
        if isinstance(api, Exception):
            raise api
        yield api

    monkeypatch.setattr(platform, "connected", connected)


STAYS = (
    "stays there, in the namespaces apps, edge, databases, envoy-gateway-system. No other clone can use that cluster "
    "until the ConfigMap default/crosscloud, which says whose it is, is deleted there. The local stack is down."
)


@pytest.mark.parametrize("lost", ["identity", "kubeconfig", "cluster.json", "state.json", "no state", "another clone"])
def test_purge_forgets_what_can_not_be_found_any_more_and_says_what_stays(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    api = FakeApi()
    match lost:
        case "identity":
            connects(monkeypatch, LostError("It leads to another cluster."))
        case "kubeconfig":
            clone.kubeconfig.unlink()
        case "another clone":
            claim.claim(api, clone.machine, "somebody")
            connects(monkeypatch, api)
        case "no state":
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
            connects(monkeypatch, api)
        case _:
            connects(monkeypatch, api)
            write_text(clone.machine.home / lost, "{")
    assert STAYS in clone.down()
    assert clone.stopped == 1
    assert not clone.machine.home.exists()


@pytest.mark.parametrize("damaged", [True, False])
def test_purge_of_a_cluster_needs_no_ports(clone: Clone, monkeypatch: pytest.MonkeyPatch, *, damaged: bool) -> None:
    api = FakeApi()
    connects(monkeypatch, api)
    claim.claim(api, clone.machine, clone.target.clone)
    ports = clone.machine.home / "ports.json"
    write_text(ports, "{") if damaged else ports.unlink()
    assert clone.down() == "The local stack is down. Its data is removed."
    assert clone.stopped == 1
    assert api.deleted == [("ConfigMap", "default", "crosscloud")]
    assert not clone.machine.home.exists()


def test_down_of_a_cluster_needs_no_ports(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    connects(monkeypatch, FakeApi())
    (clone.machine.home / "ports.json").unlink()
    assert "The databases, the ingress and what they hold stay in the cluster" in clone.down(purge=False)
    assert clone.stopped == 1


@pytest.mark.parametrize("lost", ["kubeconfig", "cluster.json"])
def test_without_purge_nothing_is_forgotten_and_the_processes_end(clone: Clone, lost: str) -> None:
    if lost == "kubeconfig":
        clone.kubeconfig.unlink()
    else:
        write_text(clone.machine.home / lost, "{")
    with pytest.raises(LocalError):
        clone.down(purge=False)
    assert clone.stopped == 1
    assert clone.machine.home.exists()


def test_a_cluster_that_does_not_answer_is_forgotten_only_by_a_word_of_its_own(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects(monkeypatch, ProviderError("The API server can't be reached."))
    with pytest.raises(LocalError, match=r"(?s)can't be reached\..*nothing of it is forgotten.*PURGE=1 FORGET=1"):
        clone.down()
    assert clone.stopped == 1
    assert clone.machine.home.exists()
    assert "The cluster is not asked. What the stack has in the cluster of the context kind-mine in " in clone.down(
        forget=True
    )
    assert STAYS in clone.said
    assert clone.stopped == 2
    assert not clone.machine.home.exists()


def test_forget_alone_is_refused_before_anything_is_stopped(clone: Clone) -> None:
    with pytest.raises(LocalError, match="PURGE=1 FORGET=1"):
        clone.down(purge=False, forget=True)
    assert clone.stopped == 0


def test_a_clone_of_this_machine_alone_asks_no_cluster(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.machine.home / "cluster.json").unlink()
    monkeypatch.setattr(leaving, "_tell", lambda *_: pytest.fail("there is no cluster"))
    clone.down()
    assert clone.stopped == 1
    assert not clone.machine.home.exists()


def test_a_cluster_that_kind_has_made_is_named_with_its_end(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    connects(monkeypatch, FakeApi())
    write_text(clone.machine.home / "kind.kubeconfig", "")
    assert "`kind delete cluster --name crosscloud` deletes it" in clone.down()
    assert not clone.machine.home.exists()
