"""CloudWatch's log groups. The emulator expires nothing."""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Resource


class LogGroup(Resource):
    """A log group, whose retention has calls of its own."""

    def settle(self, view: Properties) -> None:
        self.call("PutRetentionPolicy" if view.get("retentionInDays") else "DeleteRetentionPolicy", view)
