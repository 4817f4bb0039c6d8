from __future__ import annotations

from tests.unit.components.events import program


def test_every_event_of_the_bus_is_archived() -> None:
    archive = program().one("EventArchive")
    assert archive["eventSourceArn"].endswith(":event-bus/events-1a2b3c4")
    assert archive["eventPattern"] is None
    assert archive["retentionDays"] == 14


def test_no_other_account_is_let_in() -> None:
    assert not program().all("EventBusPolicy")
    assert not program().all("EventPermission")
