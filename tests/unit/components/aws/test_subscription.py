from __future__ import annotations

import json

from tests.unit.components.events import TYPE, program


def test_the_rule_takes_the_source_s_events_of_the_types_and_no_others() -> None:
    rule = program().one("EventRule")
    assert rule["eventBusName"] == "events-1a2b3c4"
    replays = [{"exists": False}, {"anything-but": {"prefix": "rebuild-"}}]
    assert json.loads(rule["eventPattern"]) == {"source": ["orders"], "detail-type": [TYPE], "replay-name": replays}


def test_what_can_not_be_delivered_is_tried_for_a_day_and_then_put_aside() -> None:
    target = program().one("EventTarget")
    assert target["arn"].endswith(":fulfilment-1a2b3c4")
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 185}
    assert target["deadLetterConfig"]["arn"].endswith(":fulfilment-dead-letters-1a2b3c4")


def test_events_arrive_as_they_were_sent_so_that_they_can_be_redriven() -> None:
    target = program().one("EventTarget")
    assert (target["input"], target["inputPath"], target["inputTransformer"]) == (None, None, None)


def test_the_queues_let_the_rule_in_before_it_has_a_target() -> None:
    policies = {one.urn for one in program().all("QueuePolicy") if one.name.startswith("fulfilment")}
    assert len(policies) == 2
    assert policies <= program().after(program().one("EventTarget"))
