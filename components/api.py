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

from components.aws.cors import cors
from components.aws.domain import Domain, DomainArgs
from components.aws.function import Function
from components.contract import Contract, ContractError, Operation, Throttle
from components.feature_tag import feature
from components.identity import Identity
from components.settings.aws import ApiSettings

gateway = aws.apigatewayv2

TIMEOUT_MS = 29_000
"""Milliseconds; the gateway gives up after 30 s at the latest
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
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html"""


@dataclass(frozen=True, kw_only=True)
class ApiArgs:
    """By the names under which the contract has them: `x-function`, without it the orchestrator."""

    contract: Contract
    functions: Mapping[str, Function]
    identity: Identity
    settings: ApiSettings


class Api(ComponentResource):
    api_id: Output[str]
    endpoint: Output[str]
    """The public URL, without a slash at its end."""
    log_group: Output[str]
    services: tuple[str, ...]
    """Those that its operations lead to."""

    def __init__(self, name: str, args: ApiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Api", name, {}, feature("edge", opts))
        self._args, self._own, self.services = args, ResourceOptions(parent=self), args.contract.services
        api = gateway.Api(
            name,
            protocol_type="HTTP",
            cors_configuration=cors(args.settings.cors_origins, args.contract),
            # With a name of its own that is the one way in.
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
                issuer=args.identity.issuer, audiences=[args.identity.audience]
            ),
            opts=self._own,
        )
        routes = [
            self._route(operation, api, integrations[operation.function], authorizer)
            for operation in args.contract.operations
        ]
        stage = self._stage(name, api, routes)
        self.api_id, self.endpoint = api.id, stage.invoke_url.apply(lambda url: url.rstrip("/"))
        if domain := args.settings.domain:
            Domain(name, DomainArgs(api_id=api.id, stage_id=stage.id, settings=domain), self._own)
            self.endpoint = Output.from_input(f"https://{domain.name}")
        self.register_outputs({"endpoint": self.endpoint})

    def _integration(self, name: str, api: gateway.Api, function: Function) -> gateway.Integration:
        """With the function's alias, which only this API may call."""
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
        public = operation.scopes is None
        prefix = self._args.identity.scope_prefix
        return gateway.Route(
            operation.operation_id,
            api_id=api.id,
            route_key=operation.route_key,
            target=Output.concat("integrations/", integration.id),
            authorization_type="NONE" if public else "JWT",
            authorizer_id=None if public else authorizer.id,
            authorization_scopes=[f"{prefix}{scope}" for scope in operation.scopes or ()] or None,
            opts=self._own,
        )

    def _stage(self, name: str, api: gateway.Api, routes: list[gateway.Route]) -> gateway.Stage:
        settings, operations = self._args.settings, self._args.contract.operations
        default = Throttle(rate=settings.throttle.rate, burst=settings.throttle.burst)
        logs = aws.cloudwatch.LogGroup(
            name,
            # The prefix for which the permission to deliver needs no policy that could be full.
            name=f"/aws/vendedlogs/{pulumi.get_project()}/{pulumi.get_stack()}/{name}",
            retention_in_days=settings.log_retention_days,
            opts=self._own,
        )
        self.log_group = logs.name
        return gateway.Stage(
            name,
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=gateway.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=default.rate, throttling_burst_limit=default.burst, detailed_metrics_enabled=True
            ),
            # A route's settings inherit nothing: a limit that is left out is 0, and each call gets 429.
            route_settings=[
                gateway.StageRouteSettingArgs(
                    route_key=operation.route_key,
                    throttling_rate_limit=(operation.throttle or default).rate,
                    throttling_burst_limit=(operation.throttle or default).burst,
                    detailed_metrics_enabled=True,
                )
                for operation in operations
            ],
            access_log_settings=gateway.StageAccessLogSettingsArgs(
                destination_arn=logs.arn, format=json.dumps(ACCESS_LOG)
            ),
            # Settings are refused for routes that are not there.
            opts=ResourceOptions(parent=self, depends_on=routes),
        )


def _named(name: str, functions: Mapping[str, Function]) -> Function:
    if name in functions:
        return functions[name]
    given = ", ".join(sorted(functions)) or "none"
    raise ContractError(f"An operation's x-function is {name}, which the gateway does not have; it has {given}.")
