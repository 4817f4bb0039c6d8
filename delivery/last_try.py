"""The last try of a dead letter: why it failed, how often it was tried, and the request that it came of.

Whoever gives something up says so in its own way. The relay writes the reason into the letter; Lambda and EventBridge
write theirs beside it; a queue says nothing, and its consumer has written a log line at each try.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.dead_letters import DeadLetterQueue, Letter

LETTERS = 25
"""Letters of a queue for which the log is asked: CloudWatch takes some five such calls a second from an account
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html)."""
LIMIT = 1000
"""Log lines of one message that are looked at: ten times its tries."""


@dataclass(frozen=True, kw_only=True)
class LastTry:
    """All that is known of it. None stands for what nobody has written down, or what the log has forgotten."""

    reason: str | None = None
    tries: int | None = None
    at: str | None = None
    request_id: str | None = None
    asked: bool = True
    """False where the log was not asked."""


def last_try(queue: DeadLetterQueue, letter: Letter, *, ask: bool = True) -> LastTry:
    """Returns what is known of the last try; without `ask` the log is left alone."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - `--help` needs no SDK

    body = _parsed(letter.body)
    request = next(_values(body, "request_id"), None)
    told = {name: value.get("StringValue") for name, value in letter.attributes.items()}
    if "ERROR_MESSAGE" in told or "ERROR_CODE" in told:  # EventBridge's
        reason = " ".join(filter(None, [told.get("ERROR_CODE"), told.get("ERROR_MESSAGE")]))
        return LastTry(reason=reason, tries=_number(told.get("RETRY_ATTEMPTS")), request_id=request)
    match body:
        case {"DDBStreamBatchInfo": dict(batch), "requestContext": dict(context)}:
            response = body.get("responseContext") or {}
            reason = " ".join(filter(None, [context.get("condition"), response.get("functionError")]))
            tries, at = context.get("approximateInvokeCount"), batch.get("approximateArrivalOfLastRecord")
            return LastTry(reason=reason or None, tries=tries, at=at, request_id=request)
        case {"reason": str(reason), "record": _}:
            return LastTry(reason=reason, tries=1, request_id=request)
    try:
        lines = _log_lines(queue, letter) if ask else []
    except (BotoCoreError, ClientError) as error:
        return LastTry(reason=f"The log can't be read: {error}", request_id=request)
    if not lines:
        return LastTry(request_id=request, asked=ask)
    last = lines[-1]
    stack = str(last.get("stack") or "").strip().splitlines()
    return LastTry(
        reason=last.get("reason") or (stack[-1] if stack else None),
        tries=_number(last.get("receives")),
        at=last.get("timestamp"),
        request_id=request or last.get("request_id"),
    )


def _log_lines(queue: DeadLetterQueue, letter: Letter) -> list[dict[str, Any]]:
    """Returns the lines of the tries of a queue's consumer, oldest first."""
    group = queue.way_back.get("log_group")
    if group is None:
        return []
    # The id as a phrase: the emulator knows no patterns for members of JSON lines.
    asked = {"logGroupName": group, "filterPattern": f'"{letter.message_id}"', "limit": LIMIT}
    asked["startTime"] = int(letter.sent.timestamp() * 1000)
    pages = queue.events.client("logs").get_paginator("filter_log_events").paginate(**asked)
    texts = [event["message"] for page in pages for event in page.get("events", [])]
    lines = [line for text in texts if isinstance(line := _parsed(text), dict)]
    return [line for line in lines if line.get("message_id") == letter.message_id]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _values(value: Any, name: str) -> Iterator[str]:
    """Yields the texts with a name anywhere in a JSON value, also in the form of a stream's record."""
    if isinstance(value, Mapping):
        match value.get(name):
            case str(text) | {"S": str(text)} if text:
                yield text
        for each in value.values():
            yield from _values(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, name)


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None
