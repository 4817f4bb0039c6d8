"""The sources of dead letters: whatever in the program puts aside what it could not do."""

from __future__ import annotations

import json
from typing import Any

from tests.support.program import Program

SOURCES = {
    "queue fulfilment": "fulfilment",
    "rule fulfilment": "fulfilment",
    "queue rebuild": "rebuild",
    "rule rebuild": "rebuild",
    "rule order-notices": "order-notices",
    "stream relay": "relay",
    "function relay": "relay",
}
"""Each source, with the name of the dead-letter queue that it fills. tests/local/test_dead_letters.py gives the letters
of each back."""


def declared(program: Program) -> dict[str, str]:
    """Returns the sources that a program declares, with the name of the dead-letter queue of each in the program."""
    targets: dict[str, Any] = {}
    for queue in program.all("sqs/queue:Queue"):
        if policy := queue["redrivePolicy"]:
            targets[f"queue {queue.name}"] = json.loads(policy)["deadLetterTargetArn"]
    for rule in program.all("EventTarget"):
        targets[f"rule {rule.name}"] = rule["deadLetterConfig.arn"]
    for mapping in program.all("EventSourceMapping"):
        targets[f"stream {mapping.name}"] = mapping["destinationConfig.onFailure.destinationArn"]
    for subscription in program.all("TopicSubscription"):
        targets[f"subscription {subscription.name}"] = subscription["redrivePolicy"]
    for function in program.all("lambda/function:Function"):
        targets[f"function {function.name}"] = function["deadLetterConfig.targetArn"] or function[
            "environment.variables"
        ].get("DEAD_LETTER_QUEUE_URL")
    return {source: _name(program, address) for source, address in targets.items() if address}


def _name(program: Program, address: str) -> str:
    """Returns the name in the program of the queue with this ARN or URL."""
    physical = address.replace("/", ":").rpartition(":")[2]
    (name,) = [name for name, way in program.outputs["events"]["dead_letters"].items() if way["url"].endswith(physical)]
    return str(name)
