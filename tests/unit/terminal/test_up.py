"""`up` with a cluster of kind: nothing is made for a clone whose stack is elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from api_docs import page
from cluster import kind, platform
from cluster.target import Target, save
from local.errors import LocalError
from local.machine import Machine, write_text
from local.setup import open_machine
from terminal import commands, example, preview, room
from terminal.example import Example
from terminal.status import report


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    return open_machine(tmp_path)


def test_no_cluster_is_made_for_a_stack_that_is_elsewhere(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "ensure", lambda _: pytest.fail("is made"))
    write_text(machine.state_file, "{}")
    with pytest.raises(LocalError, match="runs on this machine alone"):
        commands.up(kind=True)
    save(machine, Target(kubeconfig="/other", context="production"))
    with pytest.raises(LocalError, match="in the cluster of the context production in /other"):
        commands.up(kind=True)
    with pytest.raises(LocalError, match="Say one of them"):
        commands.up(kind=True, kubeconfig=Path("/other"))


@pytest.mark.parametrize("options", [{"port": 0}, {"kind": True}, {"context": "mine"}, {"images": "registry:here"}])
def test_a_dry_run_of_another_stack_is_refused_in_the_words_of_make(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(preview, "show", lambda *_, **__: pytest.fail("is looked at"))
    with pytest.raises(LocalError, match=r"DRY_RUN=1 looks at the stack as it is: .* `make up DRY_RUN=1`"):
        commands.up(dry_run=True, **options)


@pytest.mark.parametrize("stays", [True, False])
def test_no_cluster_is_made_where_another_context_is_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, *, stays: bool
) -> None:
    monkeypatch.setattr(kind, "ensure", lambda _: pytest.fail("is made"))
    if stays:
        save(machine, Target(kubeconfig=str(kind.kubeconfig(machine)), context="kind-other"))
    with pytest.raises(LocalError, match="in the cluster of the context kind-other" if stays else "Say one of them"):
        commands.up(kind=True, context=kind.CONTEXT if stays else "kind-other")


def test_a_cluster_of_kind_is_used_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    applied: list[Target] = []

    def ensure(machine: Machine) -> Path:
        file = kind.kubeconfig(machine)
        write_text(file, "{contexts: [{name: kind-crosscloud}], current-context: kind-crosscloud}")
        return file

    monkeypatch.setattr(kind, "ensure", ensure)
    sent = Example(machine=machine, token="", request_id="", status=200, body="")
    monkeypatch.setattr(example, "send", lambda *_: sent)
    monkeypatch.setattr(report, "switched_off", lambda _: [])
    monkeypatch.setattr(page, "serve", lambda _: None)
    monkeypatch.setattr(platform, "apply", lambda machine, target, *_: save(machine, target) or applied.append(target))
    for _ in range(2):
        commands.up(kind=True)
    assert [target.context for target in applied] == ["kind-crosscloud"] * 2


@pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")
def test_an_error_can_not_steer_the_terminal(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise LocalError("no\ttable\n\x1b[2Jno queue\r")

    monkeypatch.setattr(room, "check_room", fail)
    monkeypatch.setattr(sys, "argv", ["crosscloud", "up"])
    with pytest.raises(SystemExit, match="1"):
        commands.main()
    assert capsys.readouterr().err == "no\ttable\n\\x1b[2Jno queue\\x0d\n"
