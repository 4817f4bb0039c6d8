"""The rows of the dashboard, from what callers notice down to what may be its cause."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pulumi import Input

from app.contract import metrics
from components.api import Api
from components.aws.dashboard import AlarmStates, Graph, Line, LogLines, Row
from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.function import Function
from components.aws.metrics import Metric, of_api, of_function, of_queue, of_table, own
from components.aws.queue import Queue
from components.commerce import Commerce
from components.orchestrator import Orchestrator

PROBLEMS = (
    "fields @timestamp, service, route, status, reason, integration_error, errorMessage, record.status, request_id "
    '| filter level = "ERROR" or log_level = "ERROR" or status like /^5/ '
    'or (type = "platform.report" and record.status != "success") | sort @timestamp desc | limit 20'
)
"""The query of the last problems.

The functions' own lines have `level`; what the runtime logs of an exception that nobody caught has `log_level`
(https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html). A call that was ended by its time-out or for its
memory has neither: its report has a status. The gateway's lines have no level, and their statuses are texts.
"""
ORDERS = (metrics.ORDERS_PLACED, metrics.ORDERS_OUT_OF_STOCK, metrics.ORDERS_CANCELLED)
"""The metrics that the function `orders` counts."""
OUTCOMES = (metrics.ORDERS_INVOICED, metrics.ORDERS_FAILED)
"""The metrics that the function `fulfilment` counts."""


def rows(alarms: Sequence[Input[str]], api: Api, orchestrator: Orchestrator, commerce: Commerce) -> list[Row]:
    """Returns the rows of the dashboard. `alarms` are the ARNs of the stack's alarms."""
    front, workers = orchestrator.function, commerce.workers
    functions = {"orchestrator": front, **commerce.functions, **workers}
    groups = [api.log_group, *(function.log_group for function in functions.values())]
    return [
        Row(widgets=[AlarmStates(title="Is it well?", arns=alarms)]),
        Row(widgets=_api(api)),
        Row(widgets=_orchestrator(front)),
        Row(widgets=_services({"orchestrator": api.services, "fulfilment": commerce.services})),
        Row(widgets=_orders(commerce)),
        Row(widgets=_commerce(functions, commerce)),
        Row(widgets=[LogLines(title="The last problems", groups=groups, query=PROBLEMS)], height=8),
    ]


def _api(api: Api) -> list[Graph]:
    """Returns the graphs of what callers notice."""

    def metric(name: str) -> Metric:
        return of_api(api.api_id, name)

    return [
        Graph(title="Requests", lines=[Line(label="requests", metric=metric("Count"))]),
        Graph(title="Refused and failed", lines=[Line(label=name, metric=metric(name)) for name in ("4xx", "5xx")]),
        Graph(
            title="Latency, ms",
            lines=[
                Line(label="p50", metric=metric("Latency"), statistic="p50"),
                Line(label="p99", metric=metric("Latency"), statistic="p99"),
                Line(label="p99 of the functions", metric=metric("IntegrationLatency"), statistic="p99"),
            ],
        ),
    ]


def _orchestrator(function: Function) -> list[Graph]:
    duration = of_function(function, "Duration")
    return [
        Graph(
            title="Orchestrator: duration, ms",
            lines=[Line(label=statistic, metric=duration, statistic=statistic) for statistic in ("p50", "p99")],
        ),
        Graph(title="Orchestrator: errors and throttles", lines=_failures("", function)),
        Graph(
            title="Orchestrator: at a time",
            lines=[Line(label="calls", metric=of_function(function, "ConcurrentExecutions"), statistic="Maximum")],
        ),
    ]


def _services(called: Mapping[str, Collection[str]]) -> list[Graph]:
    """Returns the graphs of the calls of services. `called` are the services by the function that calls them.

    Fulfilment counts only the changes of its circuits, and the days that its certificate lasts.
    """
    upstream = {name: {"service": "orchestrator", "upstream": name} for name in called["orchestrator"]}
    return [
        Graph(
            title="Services: failed calls",
            lines=[Line(label=name, metric=own(metrics.UPSTREAM_ERRORS, **at)) for name, at in upstream.items()],
        ),
        Graph(
            title="Services: p99 latency, ms",
            lines=[
                Line(label=name, metric=own(metrics.UPSTREAM_LATENCY, **at), statistic="p99")
                for name, at in upstream.items()
            ],
        ),
        Graph(
            title="Circuits opened",
            lines=[
                Line(
                    label=f"{caller} → {name}",
                    metric=own(metrics.BREAKER_TRANSITIONS, service=caller, upstream=name, state="open"),
                )
                for caller, names in called.items()
                for name in names
            ],
        ),
        Graph(
            title="Certificates: days left",
            lines=[
                Line(label=caller, metric=own(metrics.CERTIFICATE_DAYS_LEFT, service=caller), statistic="Minimum")
                for caller in called
            ],
        ),
    ]


def _orders(commerce: Commerce) -> list[Graph]:
    """Returns the graphs of orders and of the way of their events."""
    queues: dict[str, Queue | DeadLetterQueue] = {"fulfilment": commerce.queue, "rebuild": commerce.rebuild}
    queues |= {f"{name} dead letters": queue for name, queue in commerce.dead_letters.items()}
    placed = [Line(label=name, metric=own(name, service="orders")) for name in ORDERS]
    ended = [Line(label=name, metric=own(name, service="fulfilment")) for name in OUTCOMES]
    waiting = [
        Line(label="for the bus", metric=of_function(commerce.workers["relay"], "IteratorAge"), statistic="Maximum"),
        Line(label="until the bus had it, p99", metric=own(metrics.RELAY_LAG, service="relay"), statistic="p99"),
    ]
    age = of_queue(commerce.queue, "ApproximateAgeOfOldestMessage")
    return [
        Graph(title="Orders", lines=[*placed, *ended]),
        Graph(title="Events: wait, ms", lines=waiting),
        Graph(title="Queue: oldest event, s", lines=[Line(label="fulfilment", metric=age, statistic="Maximum")]),
        Graph(
            title="Queued and given up",
            lines=[
                Line(label=name, metric=of_queue(queue, "ApproximateNumberOfMessagesVisible"), statistic="Maximum")
                for name, queue in queues.items()
            ],
        ),
    ]


def _commerce(functions: Mapping[str, Function], commerce: Commerce) -> list[Graph]:
    """Returns the graphs of all functions and tables."""
    return [
        Graph(
            title="Functions: errors and throttles",
            lines=[line for name, function in functions.items() for line in _failures(f"{name} ", function)],
        ),
        Graph(
            title="Functions: failures",
            lines=[Line(label=name, metric=own(metrics.FAILURES, service=name)) for name in functions],
        ),
        Graph(
            title="Functions: p99 duration, ms",
            lines=[
                Line(label=name, metric=of_function(function, "Duration"), statistic="p99")
                for name, function in functions.items()
            ],
        ),
        Graph(
            title="Tables: throttled",
            lines=[
                Line(label=f"{name} {label}", metric=of_table(table, metric))
                for name, table in commerce.tables.items()
                for label, metric in (("reads", "ReadThrottleEvents"), ("writes", "WriteThrottleEvents"))
            ],
        ),
    ]


def _failures(prefix: str, function: Function) -> list[Line]:
    """Returns lines whose labels begin with `prefix`."""
    return [
        Line(label=f"{prefix}{name.lower()}", metric=of_function(function, name)) for name in ("Errors", "Throttles")
    ]
