"""Roles and their policies. The emulator enforces a function's identity policies, and no resource policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from local.provider import Properties
from local.providers.aws.resource import Resource


class Role(Resource):
    service = "iam"
    create_call, read_call, delete_call = "CreateRole", "GetRole", "DeleteRole"
    update_calls = ("UpdateRole", "UpdateAssumeRolePolicy")
    within = "Role"
    names: ClassVar[Mapping[str, str]] = {
        "RoleName": "name",
        "AssumeRolePolicyDocument": "assumeRolePolicy",
        "PolicyDocument": "assumeRolePolicy",
    }
    unset: ClassVar[Properties] = {"description": "", "maxSessionDuration": 3600}
    unsupported = frozenset({"permissionsBoundary"})
    ignored = frozenset({"forceDetachPolicies"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "RoleName",
        "name": "RoleName",
        "arn": "Arn",
        "uniqueId": "RoleId",
        "createDate": "CreateDate",
    }
    replace_on = frozenset({"name", "namePrefix", "path"})

    def remove(self, view: Properties) -> None:
        """With its policies: when a role is replaced, they are still there and are made again after it."""
        for policy in self.call("ListRolePolicies", view)["PolicyNames"]:
            self.aws.call(self.service, "DeleteRolePolicy", {"RoleName": view["name"], "PolicyName": policy})
        super().remove(view)


class RolePolicy(Resource):
    service = "iam"
    create_call, read_call, delete_call = "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy"
    update_calls = ("PutRolePolicy",)
    names: ClassVar[Mapping[str, str]] = {"RoleName": "role", "PolicyName": "name", "PolicyDocument": "policy"}
    outputs: ClassVar[Mapping[str, str]] = {"name": "PolicyName", "role": "RoleName"}
    replace_on = frozenset({"name", "namePrefix", "role"})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "id": f"{view['role']}:{view['name']}"}
