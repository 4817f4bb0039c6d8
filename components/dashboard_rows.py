"""What the dashboard shows, from what callers notice down to what may be its cause."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pulumi import Input

from components.api import Api
from components.aws.dashboard import AlarmStates, Graph, Line, LogLines, Row
from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.function import Function
from components.aws.metrics import Metric, of_api, of_function, of_queue, of_table, own
from components.aws.queue import Queue
from components.commerce import Commerce
from components.orchestrator import Orchestrator

PROBLEMS = (
    "fields @timestamp, service, route, status, reason, integration_error, request_id "
    '| filter level = "ERROR" or status like /^5/ | sort @timestamp desc | limit 20'
)
"""The gateway has no levels, and its statuses are texts."""
ORDERS = ("OrdersPlaced", "OrdersOutOfStock", "OrdersCancelled")
OUTCOMES = ("OrdersInvoiced", "OrdersFailed")


def rows(alarms: Sequence[Input[str]], api: Api, orchestrator: Orchestrator, commerce: Commerce) -> list[Row]:
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
            lines=[Line(label=each, metric=duration, statistic=each) for each in ("p50", "p99")],
        ),
        Graph(title="Orchestrator: errors and throttles", lines=_failures("", function)),
        Graph(
            title="Orchestrator: at a time",
            lines=[Line(label="calls", metric=of_function(function, "ConcurrentExecutions"), statistic="Maximum")],
        ),
    ]


def _services(called: Mapping[str, Collection[str]]) -> list[Graph]:
    """Fulfilment tells only when it stops calling one, and how long its certificate lasts."""
    upstream = {name: {"service": "orchestrator", "upstream": name} for name in called["orchestrator"]}
    return [
        Graph(
            title="Services: failed calls",
            lines=[Line(label=name, metric=own("UpstreamErrors", **at)) for name, at in upstream.items()],
        ),
        Graph(
            title="Services: p99 latency, ms",
            lines=[
                Line(label=name, metric=own("UpstreamLatency", **at), statistic="p99") for name, at in upstream.items()
            ],
        ),
        Graph(
            title="Circuits opened",
            lines=[
                Line(
                    label=f"{caller} → {name}",
                    metric=own("BreakerTransitions", service=caller, upstream=name, state="open"),
                )
                for caller, names in called.items()
                for name in names
            ],
        ),
        Graph(
            title="Certificates: days left",
            lines=[
                Line(label=caller, metric=own("CertificateDaysLeft", service=caller), statistic="Minimum")
                for caller in called
            ],
        ),
    ]


def _orders(commerce: Commerce) -> list[Graph]:
    queues: dict[str, Queue | DeadLetterQueue] = {"fulfilment": commerce.queue}
    queues |= {f"{name} dead letters": queue for name, queue in commerce.dead_letters.items()}
    placed = [Line(label=name, metric=own(name, service="orders")) for name in ORDERS]
    ended = [Line(label=name, metric=own(name, service="fulfilment")) for name in OUTCOMES]
    waiting = [
        Line(label="for the bus", metric=of_function(commerce.workers["relay"], "IteratorAge"), statistic="Maximum"),
        Line(label="until the bus had it, p99", metric=own("RelayLag", service="relay"), statistic="p99"),
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
    return [
        Graph(
            title="Functions: errors and throttles",
            lines=[line for name, function in functions.items() for line in _failures(f"{name} ", function)],
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


def _failures(of: str, function: Function) -> list[Line]:
    return [Line(label=f"{of}{name.lower()}", metric=of_function(function, name)) for name in ("Errors", "Throttles")]
