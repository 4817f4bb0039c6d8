"""Lambda: functions, their versions, aliases and permissions.

The emulator runs a function on its own interpreter, whatever `runtime` says, with the packages that are installed next
to it. It keeps and does not heed: an alias's weights, architectures, memory, VPC, tracing, the log format, permissions
(whoever reaches the emulator may call a function).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.machine import REGION
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Resource
from local.providers.aws.shapes import agrees, parameters
from planning.wire import Archive


class Function(Resource):
    """Each change of code or configuration publishes a version when `publish` is set; the same again publishes none."""

    service = "lambda"
    create_call, read_call, delete_call = "CreateFunction", "GetFunctionConfiguration", "DeleteFunction"
    update_calls = ("UpdateFunctionCode", "UpdateFunctionConfiguration", "PutFunctionConcurrency")
    names: ClassVar[Mapping[str, str]] = {"FunctionName": "name", "ZipFile": "code", "Code": "package"}
    unset: ClassVar[Properties] = {
        "description": "",
        "timeout": 3,
        "memorySize": 128,
        "environment": {"variables": {}},
        "layers": [],
    }
    unsupported = frozenset({"imageUri", "s3Bucket", "s3Key", "s3ObjectVersion", "s3ObjectStorageMode", "dryRun"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "FunctionName",
        "name": "FunctionName",
        "arn": "FunctionArn",
        "codeSha256": "CodeSha256",
        "lastModified": "LastModified",
        "sourceCodeSize": "CodeSize",
    }
    replace_on = frozenset({"name", "packageType"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return {**view, "code": None, "archive": view.get("code"), "publish": None, "versioned": view.get("publish")}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view)
        return found and {**found, "Layers": [layer["Arn"] for layer in found.get("Layers", [])]}

    def make(self, view: Properties) -> None:
        self.call(self.create_call, {**view, "package": {"code": self._code(view)}})
        self._settle(view)

    def change(self, view: Properties) -> None:
        found, code = self.find(view) or {}, self._code(view)
        same_code = found.get("CodeSha256") == base64.b64encode(hashlib.sha256(code).digest()).decode()
        if not (same_code and self._agrees("UpdateFunctionCode", view, found)):
            self.call("UpdateFunctionCode", {**view, "code": code})
        if not self._agrees("UpdateFunctionConfiguration", view, found):
            self.call("UpdateFunctionConfiguration", view)
        self._settle(view)

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        derived = super().derive(view, found)
        version = view.get("version", "$LATEST")
        qualified = f"{derived['arn']}:{version}"
        return {
            **derived,
            "version": version,
            "qualifiedArn": qualified,
            "invokeArn": invoke_arn(derived["arn"]),
            "qualifiedInvokeArn": invoke_arn(qualified),
        }

    def exists(self, id_: str, outputs: Properties) -> bool:
        """With the published version and its code."""
        if not super().exists(id_, outputs):
            return False
        try:
            version = self.call(self.read_call, {"name": id_, "qualifier": outputs["version"]})
        except MissingError:
            return False
        return bool(version["CodeSha256"] == outputs["codeSha256"])

    def _settle(self, view: Properties) -> None:
        """The emulator takes the next change at once: there is no state Pending to wait for."""
        reserved = int(view.get("reservedConcurrentExecutions", -1))
        self.call("PutFunctionConcurrency" if reserved >= 0 else "DeleteFunctionConcurrency", view)
        view["version"] = (
            self.call("PublishVersion", {"name": view["name"]})["Version"] if view["versioned"] else "$LATEST"
        )

    def _agrees(self, operation: str, view: Properties, found: Mapping[str, Any]) -> bool:
        shape = self._shape(operation)
        return agrees(shape, parameters(shape, view, self.names), found)

    def _code(self, view: Properties) -> bytes:
        archive = view["archive"]
        if not isinstance(archive, Archive):
            raise ProviderError(f"{self._label(view['name'])}: its code must be a zip file (pulumi.FileArchive).")
        try:
            return archive.path.read_bytes()
        except OSError as error:
            raise ProviderError(f"{self._label(view['name'])}: {archive.path}: {error.strerror}.") from error


class Alias(Resource):
    service = "lambda"
    create_call, read_call, delete_call = "CreateAlias", "GetAlias", "DeleteAlias"
    update_calls = ("UpdateAlias",)
    unset: ClassVar[Properties] = {"description": "", "routingConfig": {"additionalVersionWeights": {}}}
    absent: ClassVar[Mapping[str, Any]] = {"RoutingConfig": {"AdditionalVersionWeights": {}}}
    outputs: ClassVar[Mapping[str, str]] = {"id": "AliasArn", "name": "Name", "arn": "AliasArn"}
    replace_on = frozenset({"name", "functionName"})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "invokeArn": invoke_arn(found["AliasArn"])}


class Permission(Resource):
    """One statement of a function's resource policy; it never changes in place."""

    service = "lambda"
    create_call, read_call, delete_call = "AddPermission", "GetPolicy", "RemovePermission"
    names: ClassVar[Mapping[str, str]] = {"FunctionName": "function", "StatementId": "name"}
    ignored = frozenset({"statementId", "statementIdPrefix"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "StatementId", "name": "StatementId", "statementId": "StatementId"}
    replace_on = frozenset(
        {"action", "eventSourceToken", "function", "functionUrlAuthType", "invokedViaFunctionUrl", "principal"}
        | {"principalOrgId", "qualifier", "sourceAccount", "sourceArn", "statementId", "statementIdPrefix"}
    )

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        if name is not None:
            view["name"] = properties.get("statementId") or f"{properties.get('statementIdPrefix', '')}{name}"
        return view

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        answer = super().find(view)
        statements = json.loads(answer["Policy"])["Statement"] if answer else []
        found = next((statement for statement in statements if statement["Sid"] == view["name"]), None)
        return found and {"StatementId": found["Sid"], "Action": found["Action"]}

    def change(self, view: Properties) -> None:
        self.remove(view)
        self.make(view)


def invoke_arn(function_arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
