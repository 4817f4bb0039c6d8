"""The choice of the cluster: nobody's production gets the stack by mistake, and a stack stays where it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from cluster.target import OFFICIAL_POSTGRES, Target, chosen, save, saved
from local.errors import LocalError
from local.machine import Machine, Ports, write_text

PORTS = Ports(endpoint=1, ingress=2, issuer=3, emulator=4, postgres=5)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(root=tmp_path, home=tmp_path / ".local", ports=PORTS)


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    contexts = [{"name": "production"}, {"name": "kind-mine"}]
    path.write_text(yaml.safe_dump({"contexts": contexts, "current-context": "production"}))
    return path


def choose(machine: Machine, kubeconfig: Path | None = None, **options: object) -> Target | None:
    nothing = {"context": None, "images": None, "postgres": None, "consent": False}
    return chosen(machine, kubeconfig=kubeconfig, **{**nothing, **options})  # type: ignore[arg-type]


def test_without_a_cluster_the_stack_is_on_this_machine(machine: Machine) -> None:
    assert choose(machine) is None


def test_a_cluster_that_is_not_known_to_be_disposable_is_refused(machine: Machine, kubeconfig: Path) -> None:
    with pytest.raises(LocalError, match=r"'production' is not known to be a disposable cluster.*YES_THIS_CLUSTER=1"):
        choose(machine, kubeconfig)
    assert saved(machine) is None


def test_consent_or_a_name_of_a_disposable_cluster_is_enough(machine: Machine, kubeconfig: Path) -> None:
    agreed = choose(machine, kubeconfig, consent=True)
    assert agreed == Target(kubeconfig=str(kubeconfig), context="production", postgres=OFFICIAL_POSTGRES)
    named = choose(machine, kubeconfig, context="kind-mine")
    assert named is not None
    assert named.context == "kind-mine"


@pytest.mark.parametrize(("answer", "taken"), [("production\n", True), ("yes\n", False), ("", False)])
def test_a_person_writes_the_name_of_the_context(
    machine: Machine, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *, taken: bool
) -> None:
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    if taken:
        assert choose(machine, kubeconfig)
    else:
        with pytest.raises(LocalError, match="Nothing was changed"):
            choose(machine, kubeconfig)


def test_the_chosen_cluster_is_kept_and_more_can_be_said_of_it_later(machine: Machine, kubeconfig: Path) -> None:
    target = choose(machine, kubeconfig, consent=True, images="registry:r.example")
    assert target
    save(machine, target)
    assert choose(machine) == target
    changed = choose(machine, kubeconfig, postgres="debian")
    assert changed
    assert (changed.images, changed.postgres) == ("registry:r.example", "debian")


def test_a_stack_does_not_move(machine: Machine, kubeconfig: Path) -> None:
    target = choose(machine, kubeconfig, consent=True)
    assert target
    save(machine, target)
    with pytest.raises(LocalError, match="in the cluster of the context production"):
        choose(machine, kubeconfig, context="kind-mine")
    with pytest.raises(LocalError, match="in the cluster of the context production"):
        choose(machine, context="kind-mine")
    assert choose(machine, context="production") == target


def test_a_stack_of_this_machine_does_not_move_to_a_cluster(machine: Machine, kubeconfig: Path) -> None:
    write_text(machine.state_file, "{}")
    with pytest.raises(LocalError, match="runs on this machine alone"):
        choose(machine, kubeconfig, consent=True)


@pytest.mark.parametrize("content", ["", "a: b", "[]", "{", "contexts: 1"])
def test_a_file_that_is_no_kubeconfig_is_refused(machine: Machine, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other"
    file.write_text(content)
    with pytest.raises(LocalError, match="must name a kubeconfig"):
        choose(machine, file, consent=True)


def test_a_missing_file_and_a_missing_context_are_refused(machine: Machine, kubeconfig: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="must name a file that can be read"):
        choose(machine, tmp_path / "nothing", consent=True)
    with pytest.raises(
        LocalError,
        match="production, kind-mine; it is 'staging'",
    ):
        choose(machine, kubeconfig, context="staging", consent=True)


def test_a_binary_file_and_a_stranger_s_home_are_refused(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\x80\xff")
    with pytest.raises(LocalError, match="must name a file that can be read"):
        choose(machine, file, consent=True)
    with pytest.raises(LocalError, match="KUBECONFIG must name a file; ~nobody-of-this-name/config names none"):
        choose(machine, Path("~nobody-of-this-name/config"), consent=True)


def test_options_of_a_cluster_without_one_are_refused(machine: Machine) -> None:
    with pytest.raises(LocalError, match="name it with KUBECONFIG"):
        choose(machine, images="registry:r")


def test_a_damaged_choice_is_refused(machine: Machine) -> None:
    write_text(machine.home / "cluster.json", "{")
    with pytest.raises(LocalError, match=r"is damaged\. Start afresh"):
        saved(machine)
