"""API Gateway's HTTP APIs with the stage `$default`.

The emulator routes, checks JWTs, answers CORS preflights and calls functions. Envoy, in front of it, gives what it
lacks: TLS, the public address, the throttles and the access log; the stage tells Envoy by an object of desired state.
Kept and not heeded: `disableExecuteApiEndpoint`, an integration's timeout, access log settings. A deleted API's
authorizers come back with the next API of its id, and are adopted by their names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from local import desired
from local.errors import ProviderError
from local.machine import ACCOUNT, REGION
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Resource

ACCOUNT_THROTTLE = {"rate": 10_000.0, "burst": 5_000}
"""Requests per second and bucket size when a stage sets none: the account's default quota
(https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""


class Api(Resource):
    """Its id derives from its Pulumi name, so that the public address survives whatever happens to the emulator."""

    service = "apigatewayv2"
    create_call, read_call, delete_call = "CreateApi", "GetApi", "DeleteApi"
    update_calls = ("UpdateApi",)
    names: ClassVar[Mapping[str, str]] = {"ApiId": "id"}
    unset: ClassVar[Properties] = {"description": "", "disableExecuteApiEndpoint": False, "version": ""}
    unsupported = frozenset({"credentialsArn", "routeKey", "target"})
    absent: ClassVar[Mapping[str, Any]] = {"CorsConfiguration": None}
    outputs: ClassVar[Mapping[str, str]] = {"id": "ApiId", "name": "Name"}
    replace_on = frozenset({"protocolType"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs["protocolType"] != "HTTP":
            raise ProviderError(f"{self._label(name)}: protocolType must be HTTP here, not {inputs['protocolType']}.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        if name is not None:
            view["id"] = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()[:10]
            view["tags"] = {**properties.get("tags", {}), "ms-custom-id": view["id"]}
        return view

    def change(self, view: Properties) -> None:
        super().change(view)
        if not view.get("corsConfiguration"):
            self.call("DeleteCorsConfiguration", view)
        key = stage_key(view["id"])
        if stage := desired.get(self.aws.machine, key):
            _publish(self, key, {**stage, "cors": cors(self.find(view) or {})})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {
            **super().derive(view, found),
            "arn": f"arn:aws:apigateway:{REGION}::/apis/{found['ApiId']}",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{found['ApiId']}",
            "apiEndpoint": self.aws.machine.endpoint_url,
        }


class _Part(Resource):
    """A part of an API: found by its id or, while it is being created, by what tells it from the API's other parts."""

    service = "apigatewayv2"
    key: ClassVar[tuple[str, str]]
    """Member and property."""

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        member, name = (self.outputs["id"], "id") if "id" in view else self.key
        try:
            parts = self.call(self.read_call, view)["Items"]
        except MissingError:
            return None
        return next((part for part in parts if part.get(member) == view[name]), None)


class Integration(_Part):
    """It has no name on AWS: templates, which HTTP APIs do not use, keep its Pulumi name in the emulator."""

    create_call, read_call, delete_call = "CreateIntegration", "GetIntegrations", "DeleteIntegration"
    update_calls = ("UpdateIntegration",)
    names: ClassVar[Mapping[str, str]] = {"IntegrationId": "id", "TimeoutInMillis": "timeoutMilliseconds"}
    key = ("RequestTemplates", "requestTemplates")
    unset: ClassVar[Properties] = {"description": "", "timeoutMilliseconds": 30_000}
    outputs: ClassVar[Mapping[str, str]] = {"id": "IntegrationId"}
    replace_on = frozenset({"apiId", "integrationType", "integrationSubtype"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return view if name is None else {**view, "requestTemplates": {"pulumi": name}}


class Authorizer(_Part):
    create_call, read_call, delete_call = "CreateAuthorizer", "GetAuthorizers", "DeleteAuthorizer"
    update_calls = ("UpdateAuthorizer",)
    names: ClassVar[Mapping[str, str]] = {
        "AuthorizerId": "id",
        "IdentitySource": "identitySources",
        "Audience": "audiences",
    }
    key = ("Name", "name")
    outputs: ClassVar[Mapping[str, str]] = {"id": "AuthorizerId", "name": "Name"}
    replace_on = frozenset({"apiId", "authorizerType"})


class Route(_Part):
    create_call, read_call, delete_call = "CreateRoute", "GetRoutes", "DeleteRoute"
    update_calls = ("UpdateRoute",)
    names: ClassVar[Mapping[str, str]] = {"RouteId": "id"}
    key = ("RouteKey", "routeKey")
    unset: ClassVar[Properties] = {
        "authorizationType": "NONE",
        "authorizerId": "",
        "authorizationScopes": [],
        "operationName": "",
    }
    outputs: ClassVar[Mapping[str, str]] = {"id": "RouteId"}
    replace_on = frozenset({"apiId"})


class Stage(Resource):
    service = "apigatewayv2"
    create_call, read_call, delete_call = "CreateStage", "GetStage", "DeleteStage"
    update_calls = ("UpdateStage",)
    names: ClassVar[Mapping[str, str]] = {"StageName": "name"}
    unset: ClassVar[Properties] = {"description": "", "defaultRouteSettings": {}, "routeSettings": []}
    unsupported = frozenset({"clientCertificateId", "deploymentId", "stageVariables"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "StageName", "name": "StageName"}
    replace_on = frozenset({"apiId", "name"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs.get("name") != "$default" or not inputs.get("autoDeploy"):
            raise ProviderError(f"{self._label(name)}: the local stack has the stage $default with autoDeploy only.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        routes = {one["routeKey"]: {k: v for k, v in one.items() if k != "routeKey"} for one in view["routeSettings"]}
        return {**view, "routeSettings": routes}

    def make(self, view: Properties) -> None:
        stage = self._possible(view)
        super().make(view)
        _publish(self, stage_key(view["apiId"]), stage)

    def change(self, view: Properties) -> None:
        stage = self._possible(view)
        super().change(view)
        _publish(self, stage_key(view["apiId"]), stage)

    def remove(self, view: Properties) -> None:
        key = stage_key(view["apiId"])
        desired.remove(self.aws.machine, key)
        desired.wait(self.aws.machine, key, None)
        super().remove(view)

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        path = f"{view['apiId']}/{found['StageName']}"
        return {
            **super().derive(view, found),
            "arn": f"arn:aws:apigateway:{REGION}::/apis/{view['apiId']}/stages/{found['StageName']}",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{path}",
            "invokeUrl": f"{self.aws.machine.endpoint_url}/",
        }

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        published = desired.get(self.aws.machine, stage_key(view["apiId"]))
        return super().as_declared(view, found) and published == self._object(view)

    def _possible(self, view: Properties) -> desired.Object:
        known = {route["RouteKey"] for route in self.call("GetRoutes", view)["Items"]}
        if unknown := sorted(view["routeSettings"].keys() - known):
            raise ProviderError(
                f"{self._label(view['name'])}: routeSettings for {unknown}, but the API has no such route."
            )
        return self._object(view)

    def _object(self, view: Properties) -> desired.Object:
        settings = view["defaultRouteSettings"]
        return {
            "kind": "Stage",
            "api_id": view["apiId"],
            "name": view["name"],
            "emulator": f"127.0.0.1:{self.aws.machine.ports.emulator}",
            "default": self._throttle("defaultRouteSettings", settings) if settings else ACCOUNT_THROTTLE,
            "routes": [
                {"route_key": key, **self._throttle(key, one)} for key, one in sorted(view["routeSettings"].items())
            ],
            "cors": cors(self.call("GetApi", view)),
        }

    def _throttle(self, where: str, settings: Properties) -> Properties:
        rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
        if not rate or not burst:
            raise ProviderError(
                f"{self._label('$default')}: {where} must set throttlingRateLimit and throttlingBurstLimit above 0: "
                "AWS takes a missing one as 0 and answers every request with 429."
            )
        return {"rate": float(rate), "burst": int(burst)}


def stage_key(api_id: str) -> str:
    return desired.key_of("Stage", "", api_id)


def cors(api: Mapping[str, Any]) -> Properties | None:
    """As the program spells it."""
    configured = api.get("CorsConfiguration") or {}
    return {key[0].lower() + key[1:]: value for key, value in configured.items()} or None


def _publish(resource: Resource, key: str, stage: desired.Object) -> None:
    desired.put(resource.aws.machine, key, stage)
    desired.wait(resource.aws.machine, key, stage)
