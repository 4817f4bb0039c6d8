"""SNS topics. The emulator encrypts nothing.

A subscription has no type here: nobody reads e-mail or answers webhooks on this machine.
"""

from __future__ import annotations

from local.machine import ACCOUNT, REGION
from local.provider import Properties
from local.providers.aws.resource import Description, Resource


class Topic(Resource):
    """Attributes are set one at a time."""

    def find(self, view: Properties) -> Description | None:
        resource = super().find({"id": view.get("id") or f"arn:aws:sns:{REGION}:{ACCOUNT}:{view['name']}"})
        return resource and dict(resource["Attributes"])

    def settle(self, view: Properties) -> None:
        for name, value in self.attributes(view).items():
            attribute = {"attributeName": name, "attributeValue": value}
            self.call("SetTopicAttributes", {"id": view["id"], **attribute})
