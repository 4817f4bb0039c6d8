"""Secrets Manager. A secret is deleted at once: a recovery window would only block its name on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from local.provider import Properties
from local.providers.aws.resource import Resource


class Secret(Resource):
    service = "secretsmanager"
    create_call, read_call, delete_call = "CreateSecret", "DescribeSecret", "DeleteSecret"
    update_calls = ("UpdateSecret",)
    names: ClassVar[Mapping[str, str]] = {"SecretId": "name"}
    unset: ClassVar[Properties] = {"description": ""}
    ignored = frozenset({"recoveryWindowInDays"})
    unsupported = frozenset({"secretString", "secretBinary", "clientRequestToken"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "ARN", "arn": "ARN", "name": "Name"}
    replace_on = frozenset({"name", "namePrefix"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = {**super().view(properties, name), "forceDeleteWithoutRecovery": True}
        view.pop("recoveryWindowInDays", None)
        return view

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view)
        return None if found is None or "DeletedDate" in found else found


class SecretVersion(Resource):
    """The secret's current value. As on AWS the current version can't be deleted: it goes with the secret, and an old
    one when AWS prunes it."""

    service = "secretsmanager"
    create_call, read_call = "PutSecretValue", "GetSecretValue"
    unsupported = frozenset({"secretBinary", "clientRequestToken", "versionStages"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "ARN", "versionId": "VersionId"}
    replace_on = frozenset({"secretId", "secretString"})
    secret_outputs = frozenset({"secretString"})

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view)
        return found if found and found.get("SecretString") == view["secretString"] else None

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        derived = super().derive(view, found)
        return {**derived, "id": f"{derived['arn']}|{derived['versionId']}", "secretArn": derived["arn"]}

    def remove(self, view: Properties) -> None:
        """Nothing to remove."""
