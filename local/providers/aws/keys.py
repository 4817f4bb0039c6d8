"""KMS keys. The emulator encrypts nothing with them; a key is deleted when it is scheduled for it."""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Description, Resource


class Key(Resource):
    """Keys have no names: the one with the declared description is adopted."""

    def find(self, view: Properties) -> Description | None:
        ids = [view["id"]] if "id" in view else [key["KeyId"] for key in self.call("ListKeys", {})["Keys"]]
        for id_ in ids:
            key = super().find({"id": id_})
            if key and key["KeyState"] == "Enabled" and ("id" in view or key["Description"] == view["description"]):
                return key
        return None

    def settle(self, view: Properties) -> None:
        self.call("EnableKeyRotation" if view.get("enableKeyRotation") else "DisableKeyRotation", view)
