"""Services in a cluster are left alone, and the command that does it there is named. The rest needs a running stack."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from cluster.target import Target, save
from local.errors import LocalError
from local.machine import Machine
from terminal import clone, control, tools

WHERE = "kubectl --kubeconfig '/my clusters/config' --context kind-mine --namespace"


@pytest.fixture(autouse=True)
def _clone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clone, "ROOT", machine.root)
    save(machine, Target(kubeconfig="/my clusters/config", context="kind-mine"))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (control.restart, "apps rollout restart deployment/users"),
        (control.stop, "apps scale deployment/users --replicas=0"),
        (control.start, "apps scale deployment/users --replicas=1"),
        (tools.psql, "databases exec -it deployment/SERVER -- psql -h /tmp -U postgres"),
    ],
)
def test_the_command_of_kubectl_is_named(command: Callable[[str], None], words: str) -> None:
    with pytest.raises(LocalError) as caught:
        command("users")
    named = str(caught.value).split("`")[1]
    assert shlex.split(named) == shlex.split(f"{WHERE} {words}")
