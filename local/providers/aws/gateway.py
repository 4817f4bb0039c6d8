"""API Gateway's HTTP APIs with the stage `$default`.

The emulator routes, checks JWTs, answers CORS preflights and calls functions. Envoy, in front of it, gives what it
lacks: TLS, the public address, the throttles and the access log; the stage tells Envoy by an object of desired state.
It stores and ignores `disableExecuteApiEndpoint`, an integration's timeout, access log settings. A deleted API's
authorizers come back with the next API of its id, and are adopted by their names.
"""

from __future__ import annotations

import base64
import hashlib

from local import desired
from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.resource import Description, Resource

ACCOUNT_THROTTLE = {"rate": 10_000.0, "burst": 5_000}
"""Requests per second and bucket size when a stage sets none: the account's default quota
(https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""


class Api(Resource):
    """An API's id derives from its Pulumi name: the public address survives whatever becomes of the emulator."""

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


class Integration(Resource):
    """It has no name on AWS: templates, which HTTP APIs do not use, keep its Pulumi name in the emulator."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return view if name is None else {**view, "requestTemplates": {"pulumi": name}}


class Stage(Resource):
    """The stage `$default`, which exists when Envoy has it too."""

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        view = self.view(inputs)
        known = {route["RouteKey"] for route in self.call("GetRoutes", view)["Items"]}
        if unknown := sorted(view["routeSettings"].keys() - known):
            raise ProviderError(
                f"{self.label(view['name'])}: routeSettings for {unknown}, but the API has no such route."
            )

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        routes = {
            each["routeKey"]: {k: v for k, v in each.items() if k != "routeKey"} for each in view["routeSettings"]
        }
        return {**view, "routeSettings": routes}

    def find(self, view: Properties) -> Description | None:
        """Returns the stage, which exists when Envoy has it too."""
        stage = super().find(view)
        return stage if "id" not in view or desired.get(self.aws.machine, stage_key(view["apiId"])) else None

    def settle(self, view: Properties) -> None:
        key, stage = stage_key(view["apiId"]), self.envoys(view)
        desired.put(self.aws.machine, key, stage)
        desired.wait(self.aws.machine, key, stage)

    def remove(self, view: Properties) -> None:
        key = stage_key(view["apiId"])
        desired.remove(self.aws.machine, key)
        desired.wait(self.aws.machine, key, None)
        super().remove(view)

    def envoys(self, view: Properties) -> desired.Object:
        """Returns the stage as Envoy needs it."""
        settings = view["defaultRouteSettings"]
        return {
            "kind": "Stage",
            "api_id": view["apiId"],
            "name": view["name"],
            "emulator": f"127.0.0.1:{self.aws.machine.ports.emulator}",
            "default": _throttle(settings) if settings else ACCOUNT_THROTTLE,
            "routes": [{"route_key": key, **_throttle(each)} for key, each in sorted(view["routeSettings"].items())],
        }


def _throttle(settings: Properties) -> Properties:
    """Returns rate and burst. A missing one is 0, as on AWS; a rule of the policy refuses it."""
    rate, burst = (settings.get(f"throttling{limit}", 0) for limit in ("RateLimit", "BurstLimit"))
    return {"rate": float(rate), "burst": int(burst)}


def stage_key(api_id: str) -> str:
    """Returns the key of a stage among the objects of desired state."""
    return desired.key_of("Stage", "", api_id)
