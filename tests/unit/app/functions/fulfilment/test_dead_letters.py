"""A message counts as a dead letter whenever it is read, not when its queue has it half an hour later."""

from __future__ import annotations

import json
import time

import pytest

from app.contract.metrics import DEAD_LETTERS, FAILURES
from app.functions.fulfilment.handler import Consumer
from app.functions.fulfilment.queue import Queue
from app.functions.kit.calls import Answer, Call
from app.functions.kit.logs import Log


class Nothing:
    """A client whose calls change nothing."""

    def __getattr__(self, _: str) -> object:
        return lambda **_: {}


def no_service(_: Call) -> Answer:
    raise AssertionError


@pytest.mark.parametrize("receives", [1, 2, 10])
def test_a_message_that_nobody_can_read_counts_whenever_it_is_read(
    receives: int, capsys: pytest.CaptureFixture[str]
) -> None:
    consumer = Consumer(
        client=Nothing(),
        orders_table="orders",
        products_table="products",
        send=no_service,
        queue=Queue(client=Nothing(), url="queue"),
        log=Log(service="fulfilment", level="INFO"),
    )
    attributes = {"ApproximateReceiveCount": str(receives)}
    record = {"messageId": "m", "receiptHandle": "h", "body": "{", "attributes": attributes}
    assert not consumer.consume(record, deadline=time.monotonic() + 5)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line[FAILURES], line[DEAD_LETTERS]) == (1, 1)
