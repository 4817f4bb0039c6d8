from dataclasses import replace

import pytest

from app.functions.fulfilment.queue import FAILURES, Queue


class Recorder:
    def __init__(self) -> None:
        self.seconds: list[int] = []

    def change_message_visibility(self, *, QueueUrl, ReceiptHandle, VisibilityTimeout):  # noqa: N803 - AWS's names
        assert (QueueUrl, ReceiptHandle) == ("url", "handle")
        self.seconds.append(VisibilityTimeout)


@pytest.mark.parametrize(("part", "expected"), [(0, [1, 2, 4, 8, 450, 450]), (1, [2, 4, 8, 16, 900, 900])])
def test_pauses_double_with_jitter_up_to_the_longest(part, expected):
    queue = Queue(client=Recorder(), url="url", backoff=replace(FAILURES, uniform=lambda low, high: (low, high)[part]))

    for receives in (1, 2, 3, 4, 12, 1000):
        queue.postpone("handle", receives=receives, unreadable=False)

    assert queue.client.seconds == expected


def test_the_unreadable_do_not_wait():
    queue = Queue(client=Recorder(), url="url")

    queue.postpone("handle", receives=7, unreadable=True)

    assert queue.client.seconds == [0]


def test_a_postponed_message_is_hidden_and_comes_again(shop):
    shop.sqs.send_message(QueueUrl=shop.queue, MessageBody="x")
    received = shop.sqs.receive_message(QueueUrl=shop.queue, VisibilityTimeout=0)["Messages"][0]
    queue = Queue(client=shop.sqs, url=shop.queue)

    queue.postpone(received["ReceiptHandle"], receives=9, unreadable=False)
    assert "Messages" not in shop.sqs.receive_message(QueueUrl=shop.queue)

    queue.postpone(received["ReceiptHandle"], receives=9, unreadable=True)
    assert shop.sqs.receive_message(QueueUrl=shop.queue)["Messages"][0]["Body"] == "x"
