"""Starting and stopping a stack, against an Azure that is played: slow, and deaf while something is under way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from delivery import canary
from delivery.commands import DeliveryError
from delivery.hours import LIMIT_SECONDS, POLL_SECONDS, Hours

TAKES = 3
"""Looks until an order is carried out."""
WORDS = {"start": ("Starting", "Running", "Ready"), "stop": ("Stopping", "Stopped", "Stopped")}


@dataclass(kw_only=True)
class Azure:
    """A cluster and two servers, and a cluster of another stack in the same subscription."""

    cluster: str = "Stopped"
    servers: dict[str, str] = field(default_factory=lambda: {"users-1a": "Stopped", "billing-1a": "Stopped"})
    under_way: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The order that a name carries out, and for how many looks at the cluster more."""
    orders: list[str] = field(default_factory=list)
    stuck: bool = False
    """True if nothing that was begun comes to an end."""
    blind: bool = False
    """True if what is under way looks as it was before."""
    now: float = 0.0
    said: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> str:
        match list(command):
            case ["az", "aks", "list", "--output", "json"]:
                self._pass()
                own = self._of_cluster() | {"name": "crosscloud-dev", "resourceGroup": "CrossCloud-Dev"}
                other = {"name": "prod", "resourceGroup": "crosscloud-prod", "provisioningState": "Succeeded"}
                return json.dumps([own, other | {"powerState": {"code": "Stopped"}}])
            case ["az", "postgres", "flexible-server", "list", "--output", "json"]:
                return json.dumps([self._of_server(name) for name in self.servers])
            case ["az", *_, order, "--resource-group", "crosscloud-dev", "--name", name, "--no-wait"]:
                assert name not in self.under_way, "Azure takes no order while another is under way"
                self.orders.append(f"{order} {name}")
                self.under_way[name] = (order, TAKES)
                return ""
        raise AssertionError(command)

    def _pass(self) -> None:
        if self.stuck:
            return
        for name, (order, looks) in list(self.under_way.items()):
            if looks > 1:
                self.under_way[name] = (order, looks - 1)
                continue
            del self.under_way[name]
            if name in self.servers:
                self.servers[name] = WORDS[order][2]
            else:
                self.cluster = WORDS[order][1]

    def _of_cluster(self) -> dict[str, object]:
        order, _ = self.under_way.get("crosscloud-dev", ("", 0))
        state = WORDS[order][0] if order and not self.blind else "Succeeded"
        return {"provisioningState": state, "powerState": {"code": self.cluster}}

    def _of_server(self, name: str) -> dict[str, str]:
        order, _ = self.under_way.get(name, ("", 0))
        state = WORDS[order][0] if order and not self.blind else self.servers[name]
        return {"name": name, "resourceGroup": "crosscloud-dev", "state": state}

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def hours(self, *, limited: bool = True) -> Hours:
        return Hours(
            stack="dev",
            group="crosscloud-dev",
            limited=limited,
            run=self.run,
            clock=lambda: self.now,
            sleep=self.sleep,
            report=self.said.append,
        )


def running() -> Azure:
    return Azure(cluster="Running", servers={"users-1a": "Ready", "billing-1a": "Ready"})


def test_a_start_starts_all_at_once_and_waits_until_all_runs() -> None:
    azure = Azure()
    azure.hours().start()
    assert sorted(azure.orders) == ["start billing-1a", "start crosscloud-dev", "start users-1a"]
    assert (azure.cluster, set(azure.servers.values())) == ("Running", {"Ready"})
    assert azure.now == TAKES * POLL_SECONDS
    assert azure.said[-1] == "dev runs."


def test_a_stop_leaves_the_databases_until_the_cluster_is_stopped() -> None:
    azure = running()
    azure.hours().stop()
    assert azure.orders[0] == "stop crosscloud-dev"
    assert sorted(azure.orders[1:]) == ["stop billing-1a", "stop users-1a"]
    assert (azure.cluster, set(azure.servers.values())) == ("Stopped", {"Stopped"})
    assert azure.now == 2 * TAKES * POLL_SECONDS


def test_what_is_as_it_should_be_gets_no_order() -> None:
    azure = running()
    azure.servers["users-1a"] = "Stopped"
    azure.hours().start()
    assert azure.orders == ["start users-1a"]
    azure.hours().start()
    assert azure.orders == ["start users-1a"]


def test_a_start_waits_for_a_stop_that_is_under_way() -> None:
    azure = running()
    azure.under_way["crosscloud-dev"] = ("stop", TAKES)
    azure.hours().start()
    assert azure.orders == ["start crosscloud-dev"]
    assert azure.cluster == "Running"


def test_an_order_is_given_once_though_azure_shows_the_former_state_for_a_while() -> None:
    azure = Azure(blind=True)
    azure.hours().start()
    assert len(azure.orders) == 3


def test_what_does_not_end_is_given_up_and_named() -> None:
    azure = Azure(stuck=True)
    with pytest.raises(DeliveryError) as failed:
        azure.hours().start()
    assert azure.now == LIMIT_SECONDS
    assert str(failed.value).startswith(
        "After 30 minutes not all of dev is running: the cluster crosscloud-dev is Starting"
    )


def test_what_does_not_run_is_named_with_what_to_do() -> None:
    azure = running()
    azure.servers["users-1a"] = "Stopped"
    with pytest.raises(DeliveryError) as refused:
        azure.hours().check()
    assert str(refused.value) == (
        "dev does not run: the server users-1a is stopped. Start it with GitHub's workflow Hours, or with "
        "`./crosscloud hours start --stack dev`, and do this again."
    )
    assert azure.orders == []


def test_what_runs_passes_and_so_does_what_was_never_deployed() -> None:
    running().hours().check()
    nowhere = Azure(servers={})
    Hours(stack="dev", group="crosscloud-new", limited=True, run=nowhere.run).check()


def test_a_canary_is_refused_while_its_stack_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "run", Azure().run)
    monkeypatch.setattr(canary.signal, "signal", lambda *_: None)
    with pytest.raises(DeliveryError, match=r"dev does not run: the cluster crosscloud-dev is stopped, the server"):
        canary.canary(stack="dev")


def test_a_stack_without_hours_is_neither_asked_about_nor_stopped() -> None:
    azure = Azure()
    hours = azure.hours(limited=False)
    hours.check()
    hours.start()
    assert azure.said == ["dev runs at all hours: there is nothing to start."]
    with pytest.raises(DeliveryError, match=r"has no `hours`\. Nothing was stopped"):
        hours.stop()
    assert azure.orders == []


def test_the_hours_of_a_stack_are_those_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: crosscloud\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {'crosscloud:hours': {begin: 7, end: 17}}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")
    dev, prod = (Hours.of(stack, Azure().run, tmp_path) for stack in ("dev", "prod"))
    assert (dev.group, dev.limited, prod.group, prod.limited) == ("crosscloud-dev", True, "crosscloud-prod", False)


@pytest.mark.parametrize("stack", ["stage", "../dev", "x" * 300, "", "a\0b", "dev\n"])
def test_a_stack_that_is_not_there_is_one_sentence(tmp_path: Path, stack: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).write_text("config: {}\n")
    with pytest.raises(DeliveryError, match=r"\AThere is no stack [^\n]{0,41}: --stack is one of dev, prod\.\Z"):
        Hours.of(stack, Azure().run, tmp_path)
