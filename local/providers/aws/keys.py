"""KMS keys. The emulator encrypts nothing with them; a key is deleted when it is scheduled for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.provider import Properties
from local.providers.aws.resource import Resource


class Key(Resource):
    """Keys have no names: the one with the declared description is adopted."""

    service = "kms"
    create_call, read_call, delete_call = "CreateKey", "DescribeKey", "ScheduleKeyDeletion"
    update_calls = ("UpdateKeyDescription", "PutKeyPolicy")
    within = "KeyMetadata"
    names: ClassVar[Mapping[str, str]] = {"KeyId": "id", "PendingWindowInDays": "deletionWindowInDays"}
    unset: ClassVar[Properties] = {"description": ""}
    translated = frozenset({"enableKeyRotation", "deletionWindowInDays"})
    unsupported = frozenset({"bypassPolicyLockoutSafetyCheck", "multiRegion", "customKeyStoreId", "xksKeyId"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "KeyId", "keyId": "KeyId", "arn": "Arn"}
    replace_on = frozenset({"keyUsage", "customerMasterKeySpec"})

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view) if view.get("id") else self._described(view["description"])
        return None if found is None or found["KeyState"] != "Enabled" else found

    def make(self, view: Properties) -> None:
        view["id"] = self.call(self.create_call, view)["KeyMetadata"]["KeyId"]
        self._rotate(view)

    def change(self, view: Properties) -> None:
        super().change(view)
        self._rotate(view)

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        asked = {"KeyId": found["KeyId"]}
        policy = self.aws.call(self.service, "GetKeyPolicy", {**asked, "PolicyName": "default"})["Policy"]
        rotates = self.aws.call(self.service, "GetKeyRotationStatus", asked)["KeyRotationEnabled"]
        return (
            found["Description"] == view["description"]
            and ("policy" not in view or json.loads(policy) == json.loads(view["policy"]))
            and rotates is bool(view.get("enableKeyRotation"))
        )

    def _rotate(self, view: Properties) -> None:
        self.call("EnableKeyRotation" if view.get("enableKeyRotation") else "DisableKeyRotation", view)

    def _described(self, description: str) -> Mapping[str, Any] | None:
        for one in self.aws.call(self.service, "ListKeys", {})["Keys"]:
            found: Mapping[str, Any] = self.aws.call(self.service, self.read_call, {"KeyId": one["KeyId"]})[self.within]
            if (found["Description"], found["KeyState"]) == (description, "Enabled"):
                return found
        return None
