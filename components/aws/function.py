"""A Lambda function with a role and a log group of its own, and the alias `live`, by which it is called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.grants import Grant, WriteLogs, policy
from components.settings.aws import FunctionSettings

RUNTIME = "python3.13"
"""The runtime of every function."""
ALIAS = "live"
"""The alias by which every function is called."""
ASSUMED_BY_LAMBDA = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)
"""The policy by which Lambda assumes a function's role."""


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    code: pulumi.Archive
    """The function's zip."""
    handler: str
    """The Python function in the zip that Lambda calls: `package.module.function`."""
    description: str
    """A phrase that says what the function does."""
    environment: Mapping[str, Input[str]]
    """Environment variables, besides those that every function has."""
    settings: FunctionSettings
    """Size, limits and canary: the function's entry under `functions` in the stack's file."""
    grants: Sequence[Grant] = field(default_factory=tuple)
    """All that the function may do, besides writing its logs. Default: nothing."""


class Function(ComponentResource):
    """A function of which every change publishes a version and moves the alias to it.

    `settings.canary` leaves a share of the calls to an earlier version.
    """

    function_name: Output[str]
    """The function's name."""
    timeout: int
    """Seconds after which a call is given up."""
    reserved_concurrency: int | None
    """Calls at a time that are reserved for the function. None: it shares the account's rest."""
    log_group: Output[str]
    """The name of the group of its log lines."""
    alias: Output[str]
    """The alias's name."""
    invoke_arn: Output[str]
    """The ARN by which API Gateway calls the alias."""
    summary: dict[str, Output[str]]
    """The facts that operators look for: the function's name, its newest version, its log group."""

    def __init__(self, name: str, args: FunctionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Function", name, {}, opts)
        own, settings = ResourceOptions(parent=self), args.settings
        logs = aws.cloudwatch.LogGroup(
            name,
            name=f"/{pulumi.get_project()}/{pulumi.get_stack()}/{name}",
            retention_in_days=settings.log_retention_days,
            opts=own,
        )
        role = aws.iam.Role(name, assume_role_policy=ASSUMED_BY_LAMBDA, opts=own)
        rights = aws.iam.RolePolicy(
            name, role=role.name, policy=policy([WriteLogs(group_arn=logs.arn), *args.grants]), opts=own
        )
        function = aws.lambda_.Function(
            name,
            description=args.description,
            role=role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=args.handler,
            code=args.code,
            memory_size=settings.memory,
            timeout=settings.timeout,
            reserved_concurrent_executions=settings.reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "SERVICE_NAME": name,
                    "LOG_LEVEL": settings.log_level,
                    "METRICS_NAMESPACE": metrics_namespace(),
                    **args.environment,
                }
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON",
                # Not above INFO: the function drops lines itself, but for those that hold its metrics.
                application_log_level="DEBUG" if settings.log_level == "DEBUG" else "INFO",
                # Not above INFO: the report of a call says how long it took and how much memory it used.
                system_log_level="INFO",
                log_group=logs.name,
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="PassThrough"),
            publish=True,
            opts=ResourceOptions(parent=self, depends_on=[rights]),
        )
        canary = settings.canary
        alias = aws.lambda_.Alias(
            f"{name}-{ALIAS}",
            name=ALIAS,
            function_name=function.name,
            function_version=function.version,
            routing_config=aws.lambda_.AliasRoutingConfigArgs(
                additional_version_weights={str(canary.previous_version): canary.weight}
            )
            if canary
            else None,
            opts=own,
        )
        if settings.provisioned_concurrency:
            aws.lambda_.ProvisionedConcurrencyConfig(
                name,
                function_name=function.name,
                qualifier=alias.name,
                provisioned_concurrent_executions=settings.provisioned_concurrency,
                opts=own,
            )
        self.function_name, self.timeout = function.name, settings.timeout
        self.reserved_concurrency, self.log_group = settings.reserved_concurrency, logs.name
        self.alias, self.invoke_arn = alias.name, alias.invoke_arn
        self.summary = {"function": function.name, "version": function.version, "log_group": logs.name}
        self.register_outputs(self.summary)


def metrics_namespace() -> str:
    """Returns the namespace of the metrics in the functions' log lines: stacks may share an account."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"
