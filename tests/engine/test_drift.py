"""Drift on a real engine: what is changed or deleted by hand is seen and mended, and what is lost stops everything."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.commands import DeliveryError
from delivery.drift.accepted import Acceptance, Row
from delivery.drift.engine import refresh
from delivery.drift.guard import guard
from delivery.drift.look import look
from delivery.drift.repair import repair
from planning.drift.finding import Drift, Verdict
from planning.drift.report import as_json, as_markdown, as_text
from planning.drift.stores import STORES
from tests.engine.conftest import Checkout
from tests.support.drift import scrubbed_log

pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("engine")]

STACK = "dev"
PLANTED = "hunter2-planted-by-a-test"
TOPIC = "aws:sns/topic:Topic"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


@pytest.fixture(scope="module")
def deployed(checkout: Checkout) -> Iterator[Checkout]:
    """The stack dev, deployed."""
    checkout.shell('pulumi stack init "$STACK" --secrets-provider=passphrase', STACK=STACK)
    checkout.answer("az acr list", "crosscloudregistry")
    checkout.answer("az acr login", "Login Succeeded")
    checkout.shell('pulumi up --yes --skip-preview --stack "$STACK"', STACK=STACK)
    yield checkout
    checkout.shell(
        'pulumi destroy --yes --skip-preview --stack "$STACK" && pulumi stack rm --yes "$STACK"', STACK=STACK
    )


def of(checkout: Checkout, type_: str, name: str = "") -> dict[str, Any]:
    """The first resource of a type in the state, or the one with a name."""
    return next(
        each
        for each in checkout.state(STACK)
        if each["type"] == type_ and each["urn"].endswith(f"::{name}" * bool(name))
    )


def gone(checkout: Checkout, resource: dict[str, Any]) -> None:
    """Deletes a resource by hand."""
    del checkout.cloud.existing[resource["urn"], resource["id"]]


def texts(found: Drift) -> str:
    """Every form in which a finding is shown."""
    return "\n".join(form(found) for form in (as_text, as_markdown, as_json))


def record(checkout: Checkout, name: str) -> None:
    """Writes what the engine says now as test data, where RECORD_DRIFT names a folder."""
    if folder := os.environ.get("RECORD_DRIFT"):

        def run(command: Any) -> str:
            try:
                return checkout.command(command)
            finally:
                log = Path(command[command.index("--event-log") + 1])
                Path(folder, f"{name}.jsonl").write_text(scrubbed_log(log.read_text()))

        refresh(STACK, run)


def test_a_stack_that_was_never_deployed_has_nothing_to_lose(checkout: Checkout) -> None:
    """The guard is in the way of no first delivery."""
    checkout.shell("pulumi stack init prod --secrets-provider=passphrase")
    try:
        assert guard("prod", checkout.command) == 0
    finally:
        checkout.shell("pulumi stack rm --yes prod")


def test_a_stack_that_nobody_has_touched_is_clean(deployed: Checkout) -> None:
    found = look(STACK, deployed.command)
    assert (found.verdict, found.drifted) == (Verdict.CLEAN, [])
    declared = [r for r in deployed.state(STACK) if r["custom"] and not r["type"].startswith("pulumi:")]
    left_out = [r for r in declared if re.search(r"core/v1:Secret$|:SecretVersion$", r["type"])]
    assert found.looked == len(declared) - len(left_out)
    assert guard(STACK, deployed.command) == sum(r["type"] in STORES for r in declared)
    record(deployed, "clean")


def test_what_is_changed_or_deleted_by_hand_is_seen_without_secrets_and_mended(deployed: Checkout) -> None:
    queue = of(deployed, "aws:sqs/queue:Queue", "fulfilment")
    function = of(deployed, "aws:lambda/function:Function", "orders")
    mapping, route = of(deployed, MAPPING), of(deployed, "aws:apigatewayv2/route:Route")
    topic = of(deployed, TOPIC, "alerts")
    deployed.cloud.by_hand |= {
        queue["urn"]: {"visibilityTimeoutSeconds": 5},
        function["urn"]: {"environment": {"variables": {"ENDPOINT_PASSWORD": PLANTED}}},
        mapping["urn"]: {"enabled": False},
        topic["urn"]: {"displayName": "another"},
    }
    gone(deployed, route)
    today = dt.date(2026, 11, 30)
    row = Row(type=TOPIC, path="displayName", because="somebody likes it so", reviewed=today)
    found = look(STACK, deployed.command, acceptance=Acceptance(rows=[row]), today=today)
    assert found.verdict is Verdict.DRIFT
    assert {(each.name, each.gone) for each in found.others} == {
        ("fulfilment", False),
        ("orders", False),
        (route["urn"].rpartition("::")[2], True),
    }
    (timeout,) = next(each.differences for each in found.others if each.name == "fulfilment")
    assert (timeout.path, timeout.after) == ("visibilityTimeoutSeconds", "5")
    assert [(each.type, each.lever and each.lever.section) for each in found.levers] == [(MAPPING, "Stop a consumer")]
    assert [(each.drifted.name, each.because) for each in found.accepted] == [("alerts", "somebody likes it so")]
    assert "ENDPOINT_PASSWORD" in texts(found)
    assert PLANTED not in texts(found)
    record(deployed, "changed")
    repair(STACK, deployed.command, report=lambda _: None)
    after = look(STACK, deployed.command)
    assert [(each.type, each.lever is not None) for each in after.drifted] == [(MAPPING, True)], "the lever stays"
    repair(STACK, deployed.command, levers=True, report=lambda _: None)
    assert look(STACK, deployed.command).drifted == []


def test_what_holds_data_and_is_gone_stops_every_automatic_path(deployed: Checkout) -> None:
    kept = {}
    for type_, name in (
        ("aws:dynamodb/table:Table", "orders"),
        ("azure-native:containerservice:ManagedCluster", "cluster"),
        ("azure-native:dbforpostgresql:Server", "users"),
    ):
        resource = of(deployed, type_, name)
        kept[resource["urn"], resource["id"]] = deployed.cloud.existing[resource["urn"], resource["id"]]
    for key in kept:
        del deployed.cloud.existing[key]
    found = look(STACK, deployed.command)
    assert found.verdict is Verdict.LOST
    assert {(each.type, each.name) for each in found.lost} >= {
        ("aws:dynamodb/table:Table", "orders"),
        ("azure-native:containerservice:ManagedCluster", "cluster"),
        ("azure-native:dbforpostgresql:Server", "users"),
    }
    record(deployed, "lost")
    before = json.dumps(deployed.state(STACK), sort_keys=True)
    for automatic in (guard, repair):
        with pytest.raises(DeliveryError, match=r"its items.*Restore it first|Table orders is gone.*Restore it first"):
            automatic(STACK, deployed.command)
    assert json.dumps(deployed.state(STACK), sort_keys=True) == before
    deployed.cloud.existing |= kept  # restored
    assert guard(STACK, deployed.command) > 0


def test_what_can_not_be_read_is_not_clean_and_what_the_cloud_says_is_not_shown(deployed: Checkout) -> None:
    queue, table = of(deployed, "aws:sqs/queue:Queue"), of(deployed, "aws:dynamodb/table:Table", "orders")
    said = f"AccessDenied: {PLANTED} may not do this"
    deployed.cloud.unreadable |= {queue["urn"]: said, table["urn"]: said}
    try:
        found = look(STACK, deployed.command)
        record(deployed, "unreadable")
        with pytest.raises(DeliveryError, match=r"Nobody knows.*AccessDenied"):
            guard(STACK, deployed.command)
    finally:
        deployed.cloud.unreadable.clear()
    assert found.verdict is Verdict.UNKNOWN
    assert len(found.unknown) == 2
    assert "AccessDenied" in texts(found)
    assert PLANTED not in texts(found)
