"""EventBridge's targets of rules.

The emulator delivers to a target once; it stores and ignores the retry policy and the dead-letter queue.
"""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Resource


class EventTarget(Resource):
    """One target of a rule; its Pulumi name is the target's id when the program gives none."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        view["targetId"] = view.get("targetId") or view["name"]
        target = {"id": view["targetId"], "arn": view["arn"]}
        target |= {key: view[key] for key in ("roleArn", "deadLetterConfig", "retryPolicy") if key in view}
        return {**view, "targets": [target]}
