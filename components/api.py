"""The public entry: an HTTP API whose routes, scopes and throttles are the contract's.

TLS, tokens and rates are checked here, before anything of ours runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from app.contract.operation import Operation, Throttle
from app.contract.reading import Contract
from components.api_contract import UndeployableError
from components.aws.cors import cors
from components.aws.domain import Domain, DomainArgs
from components.aws.function import Function
from components.feature_tag import feature
from components.identity import Identity
from components.settings.aws import ApiSettings

gateway = aws.apigatewayv2

TIMEOUT_MS = 29_000
"""Milliseconds for which the gateway waits for a function; it gives up after 30 s at the latest
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)."""

ACCESS_LOG = {
    "service": "gateway",
    "time": "$context.requestTime",
    "gateway_request_id": "$context.requestId",
    "function_request_id": "$context.integration.requestId",
    "client": "$context.identity.sourceIp",
    "principal": "$context.authorizer.claims.sub",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "duration_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "error": "$context.error.message",
    "integration_error": "$context.integrationErrorMessage",
    "authorizer_error": "$context.authorizer.error",
}
"""The members of a line of the access log
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html)."""


@dataclass(frozen=True, kw_only=True)
class ApiArgs:
    contract: Contract
    """The operations, which become routes."""
    functions: Mapping[str, Function]
    """The functions that answer them, by the names that the contract has for them."""
    identity: Identity
    """The issuer whose tokens are accepted."""
    settings: ApiSettings
    """Limits, origins and domain: the group `api` of the stack's file."""


class Api(ComponentResource):
    """The gateway, whose access log has a line for each request."""

    api_id: Output[str]
    """The API's id, by which its metrics are known."""
    endpoint: Output[str]
    """The public URL, without a slash at its end."""
    log_group: Output[str]
    """The name of the group of the access log."""
    services: tuple[str, ...]
    """The services that its operations lead to."""

    def __init__(self, name: str, args: ApiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Api", name, {}, feature("edge", opts))
        self._args, self._own = args, ResourceOptions(parent=self)
        api = gateway.Api(
            name,
            protocol_type="HTTP",
            cors_configuration=cors(args.settings.cors_origins, args.contract),
            # An API with a host name of its own is reached by that name only.
            disable_execute_api_endpoint=args.settings.domain is not None,
            opts=self._own,
        )
        integrations = {
            function: self._integration(function, api, _named(function, args.functions))
            for function in args.contract.functions
        }
        authorizer = gateway.Authorizer(
            name,
            api_id=api.id,
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration=gateway.AuthorizerJwtConfigurationArgs(
                issuer=args.identity.issuer, audiences=args.identity.audiences
            ),
            opts=self._own,
        )
        routes = [
            self._route(operation, api, integrations[operation.function], authorizer)
            for operation in args.contract.operations
        ]
        logs = aws.cloudwatch.LogGroup(
            name,
            # The prefix for which the permission to deliver needs no policy that could be full.
            name=f"/aws/vendedlogs/{pulumi.get_project()}/{pulumi.get_stack()}/{name}",
            retention_in_days=args.settings.log_retention_days,
            opts=self._own,
        )
        stage = self._stage(name, api, routes, logs)
        domain = args.settings.domain
        if domain:
            Domain(name, DomainArgs(api_id=api.id, stage_id=stage.id, settings=domain), self._own)
        self.api_id, self.log_group, self.services = api.id, logs.name, args.contract.services
        self.endpoint = (
            Output.from_input(f"https://{domain.name}")
            if domain
            else stage.invoke_url.apply(lambda url: url.rstrip("/"))
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _integration(self, name: str, api: gateway.Api, function: Function) -> gateway.Integration:
        """Declares the way to a function's alias, which only this API may call."""
        aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=function.function_name,
            qualifier=function.alias,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(api.execution_arn, "/*/*"),
            opts=self._own,
        )
        return gateway.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=TIMEOUT_MS,
            opts=self._own,
        )

    def _route(
        self, operation: Operation, api: gateway.Api, integration: gateway.Integration, authorizer: gateway.Authorizer
    ) -> gateway.Route:
        """Declares the route of an operation, with the scopes that a token needs."""
        public = operation.scopes is None
        prefix = self._args.identity.scope_prefix
        return gateway.Route(
            operation.operation_id,
            api_id=api.id,
            route_key=operation.route_key,
            target=Output.concat("integrations/", integration.id),
            authorization_type="NONE" if public else "JWT",
            authorizer_id=None if public else authorizer.id,
            authorization_scopes=[f"{prefix}{scope}" for scope in sorted(operation.scopes or ())] or None,
            opts=self._own,
        )

    def _stage(
        self, name: str, api: gateway.Api, routes: list[gateway.Route], logs: aws.cloudwatch.LogGroup
    ) -> gateway.Stage:
        """Declares the stage, with the throttle of every route and the access log."""
        limit = self._args.settings.throttle
        default = Throttle(rate=limit.rate, burst=limit.burst)
        return gateway.Stage(
            name,
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=gateway.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=default.rate, throttling_burst_limit=default.burst, detailed_metrics_enabled=False
            ),
            # A route's settings inherit nothing: a limit that is left out is 0, and each call gets 429.
            route_settings=[
                gateway.StageRouteSettingArgs(
                    route_key=operation.route_key,
                    throttling_rate_limit=(operation.throttle or default).rate,
                    throttling_burst_limit=(operation.throttle or default).burst,
                    # Six metrics of each route would be paid, and the functions count what is read of a route.
                    detailed_metrics_enabled=False,
                )
                for operation in self._args.contract.operations
            ],
            access_log_settings=gateway.StageAccessLogSettingsArgs(
                destination_arn=logs.arn, format=json.dumps(ACCESS_LOG)
            ),
            # Settings are refused for routes that are not there.
            opts=ResourceOptions(parent=self, depends_on=routes),
        )


def _named(name: str, functions: Mapping[str, Function]) -> Function:
    """Returns the function with the name that the contract gives. Raises UndeployableError when there is none."""
    if name in functions:
        return functions[name]
    names = ", ".join(sorted(functions)) or "none"
    raise UndeployableError(f"An operation's x-function is {name}, which the gateway does not have; it has {names}.")
