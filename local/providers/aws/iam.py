"""Roles, which are deleted with their policies."""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Resource


class Role(Resource):
    """A role."""

    def remove(self, view: Properties) -> None:
        """Removes it with its policies: when a role is replaced, they are still there and are made again after it."""
        for policy in self.call("ListRolePolicies", view)["PolicyNames"]:
            self.aws.call("iam", "DeleteRolePolicy", {"RoleName": view["name"], "PolicyName": policy})
        super().remove(view)
