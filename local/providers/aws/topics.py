"""SNS topics. The emulator encrypts nothing.

A subscription has no type here: nobody reads e-mail or answers webhooks on this machine.
"""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Description, Resource


class Topic(Resource):
    """Attributes are set one at a time."""

    def find(self, view: Properties) -> Description | None:
        arn = view.get("id") or view.get("arn") or self._existing_arn(view)
        resource = super().find({"id": arn}) if arn else None
        return resource and dict(resource["Attributes"])

    def settle(self, view: Properties) -> None:
        for name, value in self.attributes(view).items():
            attribute = {"attributeName": name, "attributeValue": value}
            self.call("SetTopicAttributes", {"id": view.get("id") or view["arn"], **attribute})

    def _existing_arn(self, view: Properties) -> str:
        """Returns the ARN of what was made before the state was saved, or an empty text."""
        topics = self.call("ListTopics", {})["Topics"]
        return next((each["TopicArn"] for each in topics if each["TopicArn"].endswith(f":{view['name']}")), "")
