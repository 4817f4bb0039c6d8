"""The runbook's command rebuilds analytics' counts on a running stack, and bears the end of anything in the middle."""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from typing import Any

import pytest

from tests.local.test_commerce_failures import emulator
from tests.local.test_migration_jobs import url
from tests.support import roll_ups
from tests.support.customer import Customer
from tests.support.databases import rows
from tests.support.runbook import command
from tests.support.stack import Stack
from tests.support.waiting import eventually

DAMAGE = "update daily_totals set events = events + 3 where type = 'order.placed'"


@pytest.fixture
def counts(stack: Stack) -> roll_ups.Rows:
    return partial(rows, url(stack, "analytics-database"))


def rebuilt(stack: Stack) -> dict[str, Any]:
    """Rebuilds the counts, and returns what the command says."""
    done = stack.deliver(f"{command('events rebuild')} --json")
    assert done.code == 0, done.err
    said: dict[str, Any] = json.loads(done.out)
    return said


def test_wrong_counts_are_named_and_replaced(stack: Stack, ben: Customer, counts: roll_ups.Rows) -> None:
    orders = [ben.placed(ben.product()) for _ in range(2)]
    ben.settled(*orders)
    notices, before = types(ben), counts("select count(*) as events from events")
    counts(DAMAGE)
    done = stack.deliver(command("events rebuild"))

    assert done.code == 0, done.err
    assert " order.placed EUR: " in done.out
    assert done.out.endswith("Summaries read the new counts.\n")
    roll_ups.check(counts)
    assert counts("select count(*) as events from events") == before
    assert types(ben) == notices, "the orders heard of it"
    assert rebuilt(stack)["different"] == 0


def types(customer: Customer) -> list[str]:
    """Returns the states of the customer's orders."""
    return sorted(order["status"] for order in customer.all("/orders"))


@pytest.mark.parametrize("moment", ["building", "taken", "left behind"])
def test_the_emulator_is_killed_in_the_middle(stack: Stack, ben: Customer, counts: roll_ups.Rows, moment: str) -> None:
    """The command may go on or end with an error; the next one ends well, and orders go on meanwhile."""
    ben.settled(ben.placed(ben.product()))
    counts(DAMAGE)
    taken = "and archived > 0" if moment == "taken" else ""
    name, *arguments = command("events rebuild").replace("STACK", "local").split()
    with stack.start(*arguments, module=f"delivery.{name}") as running:
        eventually(
            lambda: counts(f"select 1 from models where state = 'building' {taken}") or running.poll() is not None,
            what="the model that is being built",
        )
        os.kill(emulator(stack), signal.SIGKILL)
        if moment == "left behind":
            running.kill()
        running.communicate()
    order = ben.placed(ben.product())

    said = eventually(lambda: quietly(stack), what="a rebuild after the kill")

    assert said["switched"]
    ben.settled(order)
    roll_ups.check(counts)
    assert counts("select count(*) from models where state = 'building'")[0][0] == 0


def quietly(stack: Stack) -> dict[str, Any] | None:
    """Returns what a rebuild says, None when it can't be done now."""
    done = stack.deliver(f"{command('events rebuild')} --json")
    return json.loads(done.out) if done.code == 0 else None
