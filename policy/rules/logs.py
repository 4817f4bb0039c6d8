"""Rules of logs: they are kept, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack, expect, given

_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_FUNCTION = "aws:lambda/function:Function"
LEAST_DAYS = 7
PRODUCTION_DAYS = 30


def logs_end(group: Resource) -> Iterator[Finding]:
    days = group.get("retentionInDays")
    if not isinstance(days, int | float) or days < LEAST_DAYS:
        yield Finding(
            property="retentionInDays",
            allowed=f"be {LEAST_DAYS} or more",
            given=days,
            do="Set logRetentionDays in the stack's file; 0 or nothing keeps them for ever, at a price.",
        )


def workspaces_end(workspace: Resource) -> Iterator[Finding]:
    days = workspace.get("retentionInDays")
    if not isinstance(days, int | float) or days < LEAST_DAYS:
        yield Finding(
            property="retentionInDays", allowed=f"be {LEAST_DAYS} or more", given=days, do="Set retention_in_days."
        )


def workspaces_know_identities_only(workspace: Resource) -> Iterator[Finding]:
    yield from expect(
        workspace, "features.disableLocalAuth", True, do="Set disable_local_auth: agents write with an identity."
    )


def production_remembers(group: Resource) -> Iterator[Finding]:
    days = group.get("retentionInDays")
    if isinstance(days, int | float) and days < PRODUCTION_DAYS:
        yield Finding(
            property="retentionInDays",
            allowed=f"be {PRODUCTION_DAYS} or more in production",
            given=days,
            do="Set logRetentionDays in the stack's file.",
        )


def functions_write_to_a_group_of_the_stack(stack: Stack) -> Iterator[Finding]:
    groups = {name for group in stack.of(_GROUP) for name in (group.get("name"), f"<LogGroup {group.name}.name>")}
    for function in stack.of(_FUNCTION):
        group = function.get("loggingConfig.logGroup")
        if group not in groups:
            yield Finding(
                property="loggingConfig.logGroup",
                allowed="be a log group of the stack",
                given=group,
                do="Use components.aws.function.Function: AWS would make one that keeps everything for ever.",
                resource=function,
            )


def function_logs_are_json(function: Resource) -> Iterator[Finding]:
    yield from expect(
        function, "loggingConfig.logFormat", "JSON", do="Set log_format, so that lines can be found by their fields."
    )


def calls_are_logged(stage: Resource) -> Iterator[Finding]:
    for part in ("destinationArn", "format"):
        yield from given(
            stage, f"accessLogSettings.{part}", allowed="be given", do="Write an access log to a group of the stack."
        )


_RETENTION = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"

RULES = (
    Rule(
        name="logs-end",
        why="Logs hold personal data, and cost by the month",
        source=_RETENTION,
        types=(_GROUP,),
        resource=logs_end,
    ),
    Rule(
        name="workspaces-end",
        why="Logs hold personal data, and cost by the month",
        source="https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure",
        types=("azure-native:operationalinsights:Workspace",),
        resource=workspaces_end,
    ),
    Rule(
        name="workspaces-know-identities-only",
        why="Whoever has the workspace's key can add lines that no program logged",
        source="https://learn.microsoft.com/azure/azure-monitor/logs/azure-ad-authentication-logs",
        types=("azure-native:operationalinsights:Workspace",),
        resource=workspaces_know_identities_only,
    ),
    Rule(
        name="production-remembers",
        why="A break-in is found weeks later on average, and looked into with logs",
        source=_RETENTION,
        types=(_GROUP,),
        resource=production_remembers,
        production_only=True,
    ),
    Rule(
        name="functions-write-to-a-group-of-the-stack",
        why="A group that AWS makes has no retention, and stays when the stack is destroyed",
        source="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
        types=(_FUNCTION, _GROUP),
        stack=functions_write_to_a_group_of_the_stack,
    ),
    Rule(
        name="function-logs-are-json",
        why="A search by one field then follows a request through every hop",
        source="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html",
        types=(_FUNCTION,),
        resource=function_logs_are_json,
    ),
    Rule(
        name="calls-are-logged",
        why="No other log shows what the gateway refused",
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html",
        types=("aws:apigatewayv2/stage:Stage",),
        resource=calls_are_logged,
    ),
)
