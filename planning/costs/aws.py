"""The charges of AWS, by type of resource."""

from __future__ import annotations

import json
from collections.abc import Iterator

from planning.costs.charges import Charge, Declared, Line, at
from planning.costs.usage import MONTH

_FUNCTION = "aws:lambda/function:Function"
_WARM = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
_TABLE = "aws:dynamodb/table:Table"
_BUS, _ARCHIVE = "aws:cloudwatch/eventBus:EventBus", "aws:cloudwatch/eventArchive:EventArchive"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_CLIENTS = "aws:cloudformation/stack:Stack"
_KEY, _SECRET = "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"
_ROUTE = "aws:apigatewayv2/route:Route"
_SERVICE = "crosscloud:service:Microservice"
DEFAULT_MEMORY = 128
"""Megabytes of a function that says none (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""
_OF_A_ROUTE, _OF_A_SERVICE, _OTHERS = 3, 3, 31
"""Metrics that the orchestrator writes for each of its routes and for each service; 6 for the two services that
fulfilment calls, and 25 others. Failures and dead letters, by function and by version, have data in the hours of a
failure only."""


def _functions(stack: Declared) -> Iterator[Line]:
    seconds = stack.usage.of("call-seconds")
    for function in stack.of(_FUNCTION):
        use, memory = f"calls/{function.name}", at(function, "memorySize", DEFAULT_MEMORY) / 1024
        calls = stack.usage.known(use)
        yield stack.by_use("functions/calls", use, resource=function)
        duration = None if calls is None else calls * 1e6 * seconds * memory
        yield stack.line("functions/duration", duration, resource=function, uses=[use, "call-seconds"])


def _warm(stack: Declared) -> Iterator[Line]:
    """Yields what environments cost that are kept warm. Calls in them cost less than others, which is left out."""
    memory = {function.name: at(function, "memorySize", DEFAULT_MEMORY) / 1024 for function in stack.of(_FUNCTION)}
    for warm in stack.of(_WARM):
        calls = at(warm, "provisionedConcurrentExecutions", 0)
        # It has its function's name, and refers to it by an output.
        quantity = calls * memory[warm.name] * MONTH * 3600
        yield stack.line("functions/warm", quantity, resource=warm)


def _tables(stack: Declared) -> Iterator[Line]:
    yield stack.by_use("tables/writes", "table-writes")
    yield stack.by_use("tables/reads", "table-reads")
    yield stack.by_use("tables/storage", "table-storage")
    if any(at(table, "pointInTimeRecovery.enabled") for table in stack.of(_TABLE)):
        yield stack.by_use("tables/recovery", "table-storage")


def _events(stack: Declared) -> Iterator[Line]:
    yield stack.by_use("events/published", "events")
    for archive in stack.of(_ARCHIVE):
        yield stack.by_use("events/archived", "event-storage")
        yield stack.by_use("events/kept", "event-storage", share=at(archive, "retentionDays", 0) / 30)


def _logs(stack: Declared) -> Iterator[Line]:
    """Yields what logs cost. Each group gets the same share of them, and keeps it as long as it says."""
    groups = stack.of(_LOGS)
    yield stack.by_use("logs/taken", "function-logs")
    months = sum(at(group, "retentionInDays", 0) / 30 for group in groups) / len(groups)
    yield stack.by_use("logs/kept", "function-logs", share=months)


def _alarms(stack: Declared) -> Iterator[Line]:
    for alarm in stack.of(_ALARM):
        metrics = sum("metric" in query for query in at(alarm, "metricQueries", []))
        yield stack.line("alarms/metrics", metrics or 1, resource=alarm)


def _clients(stack: Declared) -> Iterator[Line]:
    for each in stack.of(_CLIENTS):
        resources = json.loads(at(each, "templateBody", "{}")).get("Resources", {})
        clients = sum(made["Type"] == "AWS::Cognito::UserPoolClient" for made in resources.values())
        yield stack.line("clients/registered", clients, resource=each)
    yield stack.by_use("clients/tokens", "tokens")


def _keys(stack: Declared) -> Iterator[Line]:
    yield from (stack.line("keys/kept", 1, resource=key) for key in stack.of(_KEY))
    yield stack.by_use("keys/uses", "key-uses")


def _secrets(stack: Declared) -> Iterator[Line]:
    yield from (stack.line("secrets/kept", 1, resource=secret) for secret in stack.of(_SECRET))
    yield stack.by_use("secrets/reads", "secret-reads")


def _dashboards(stack: Declared) -> Iterator[Line]:
    for dashboard in stack.of("aws:cloudwatch/dashboard:Dashboard"):
        yield stack.line("dashboards", 1, resource=dashboard)


def _whatever_is_declared(stack: Declared) -> Iterator[Line]:
    routes = sum("Integration orchestrator." in at(route, "target", "") for route in stack.of(_ROUTE))
    metrics = _OF_A_ROUTE * routes + _OF_A_SERVICE * len(stack.of(_SERVICE)) + _OTHERS
    hours, uses = stack.running("function-metric-hours")
    yield stack.line("metrics/written", metrics * hours / MONTH, uses=uses)
    yield stack.by_use("metrics/read", "delivery-metrics")
    yield stack.line("keys/of-the-state", 1)
    yield stack.by_use("traffic/out-of-aws", "traffic-out-of-aws")


CHARGES = (
    Charge(types=("aws:apigatewayv2/api:Api",), lines=lambda stack: iter([stack.by_use("api/requests", "requests")])),
    Charge(types=(_FUNCTION,), lines=_functions),
    Charge(types=(_WARM,), lines=_warm),
    Charge(types=(_TABLE,), lines=_tables),
    Charge(types=(_BUS, _ARCHIVE), lines=_events),
    Charge(
        types=("aws:sqs/queue:Queue",), lines=lambda stack: iter([stack.by_use("queues/requests", "queue-requests")])
    ),
    Charge(
        types=("aws:sns/topic:Topic",), lines=lambda stack: iter([stack.by_use("topics/requests", "topic-requests")])
    ),
    Charge(types=(_LOGS,), lines=_logs),
    Charge(types=(_ALARM,), lines=_alarms),
    Charge(types=("aws:cloudwatch/dashboard:Dashboard",), lines=_dashboards),
    Charge(types=(_CLIENTS,), lines=_clients),
    Charge(types=(_KEY,), lines=_keys),
    Charge(types=(_SECRET,), lines=_secrets),
    Charge(types=(), lines=_whatever_is_declared),
)
