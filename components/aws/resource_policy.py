"""Resource policies of queues and topics: they say who may send, and that it must be by TLS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A service of AWS, on behalf of one resource.

    Whoever else makes the same service send is refused
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """

    service: str
    """Its principal, such as events.amazonaws.com."""
    source_arn: Input[str]
    """The resource that the service sends for."""


def policy(resource_arn: Input[str], *, action: str, senders: Sequence[Sender]) -> Output[str]:
    """Returns a policy of the queue or topic `resource_arn` under which `senders` may do `action`.

    Identities of the same account need no mention: what they may do is said by their own policies, but they must use
    TLS too.
    """
    tls: dict[str, Any] = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": f"{action.partition(':')[0]}:*" if action.startswith("sqs:") else action,
        "Resource": resource_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    allowed: list[dict[str, Any]] = [
        {
            "Sid": f"Sender{number}",
            "Effect": "Allow",
            "Principal": {"Service": sender.service},
            "Action": action,
            "Resource": resource_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": sender.source_arn}},
        }
        for number, sender in enumerate(senders)
    ]
    return Output.json_dumps({"Version": "2012-10-17", "Statement": [tls, *allowed]})
