"""Messages of queues, as the emulator lists them."""

from __future__ import annotations

from typing import Any


def message(body: str, *, id_: str = "d51dde0a-85f3-4f38-a60d-7ddc930d7b19", **more: Any) -> dict[str, Any]:
    usual = {"SentTimestamp": 1796067482, "IsVisible": True, "ReceiveCount": 3, "MessageAttributes": {}}
    return {"MessageId": id_, "Body": body, **usual, **more}
