from __future__ import annotations

from tests.support.program import Declared
from tests.unit.components.events import program


def mapping() -> Declared:
    return program().one("EventSourceMapping", "fulfilment")


def test_only_what_failed_comes_again() -> None:
    assert mapping()["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_what_the_function_calls_is_not_overrun() -> None:
    assert mapping()["scalingConfig"] == {"maximumConcurrency": 4}


def test_it_calls_the_alias_and_so_what_was_released() -> None:
    assert mapping()["functionName"] == "fulfilment-1a2b3c4:live"
    assert mapping()["eventSourceArn"].endswith(":fulfilment-1a2b3c4")


def test_the_role_may_read_the_queue_before_lambda_looks() -> None:
    rights = program().one("RolePolicy", "fulfilment")
    assert rights.urn in program().after(mapping())


def test_the_queue_waits_longer_than_the_function_may_run() -> None:
    function = program().one("lambda/function:Function", "fulfilment")
    assert program().one("sqs/queue:Queue", "fulfilment")["visibilityTimeoutSeconds"] >= 6 * function["timeout"]
