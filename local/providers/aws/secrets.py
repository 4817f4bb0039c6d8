"""Secrets Manager: when a secret or a version of it counts as existing."""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Description, Resource


class Secret(Resource):
    """A secret that is marked for deletion is not there."""

    def find(self, view: Properties) -> Description | None:
        secret = super().find(view)
        return None if secret is None or "DeletedDate" in secret else secret


class SecretVersion(Resource):
    """A version is there while its value is the secret's current one."""

    def find(self, view: Properties) -> Description | None:
        version = super().find(view)
        return version if version and version.get("SecretString") == view["secretString"] else None
