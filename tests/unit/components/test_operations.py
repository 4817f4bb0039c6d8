"""The monitoring of the AWS half, and the people who are alerted, in the whole program."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import pytest

from app.contract.metrics import UNITS
from app.functions.fulfilment import services as called
from app.functions.kit import metrics as emitted
from components.commerce import Commerce
from components.settings import SettingsError
from tests.support.clouds import ACCOUNT, REGION
from tests.support.program import ROOT, STACKS, Declared, Program, deployed, run
from tests.support.services import functions, upstreams

SUFFIX = "-1a2b3c4"
FUNCTIONS = functions()
CALLED = {"orchestrator": upstreams(), "fulfilment": {*Commerce.services}}
"""Caller to the services that it calls."""

Widget = dict[str, Any]
Seen = tuple[str, str, dict[str, str]]
"""Namespace, metric, dimensions."""


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def name_of(program: Program) -> str:
    """`crosscloud-dev`."""
    return str(program.one("cloudwatch/dashboard:Dashboard")["dashboardName"])


# ---- alarms


def test_every_function_queue_dead_letter_queue_and_rule_is_watched(program: Program) -> None:
    watched = {(name, *sorted(dimensions.values())) for _, name, dimensions in alarmed(program)}
    assert {(each, name + SUFFIX) for each in ("Errors", "Throttles", "Duration") for name in FUNCTIONS} <= watched
    assert {one.name for one in program.all("lambda/function:Function")} == FUNCTIONS
    assert ("IteratorAge", f"relay{SUFFIX}") in watched
    assert {("Failures", name) for name in FUNCTIONS} <= watched
    rules = program.all("EventRule")
    assert rules
    for rule in rules:
        for metric in ("FailedInvocations", "InvocationsFailedToBeSentToDlq"):
            assert (metric, *sorted([f"orders{SUFFIX}", rule.name + SUFFIX])) in watched
    for queue in program.all("sqs/queue:Queue"):
        dead = queue.name.endswith("-dead-letters")
        metric = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
        assert (metric, queue.name + SUFFIX) in watched


def test_a_function_near_its_reserved_concurrency_raises_an_alarm_before_calls_are_refused() -> None:
    alarm = deployed("prod", False).one("MetricAlarm", "orchestrator-concurrency")
    reserved = deployed("prod", False).one("lambda/function:Function", "orchestrator")["reservedConcurrentExecutions"]
    assert reserved / 2 < alarm["threshold"] < reserved


def test_the_api_and_each_way_to_a_service_is_watched(program: Program) -> None:
    watched = alarmed(program)
    gateway = {name for namespace, name, _ in watched if namespace == "AWS/ApiGateway"}
    assert gateway == {"5xx", "Count", "Latency"}
    circuits = {(by["service"], by["upstream"]) for _, name, by in watched if name == "BreakerTransitions"}
    assert circuits == {(caller, service) for caller, services in CALLED.items() for service in services}
    assert {by["service"] for _, name, by in watched if name == "CertificateDaysLeft"} == set(CALLED)


def test_what_fulfilment_calls_is_what_is_watched() -> None:
    constants = re.findall(r"self\._call\((\w+)", inspect.getsource(called))
    assert {getattr(called, constant) for constant in constants} == set(Commerce.services)


def test_every_alarm_tells_people_and_is_found_by_its_name(program: Program) -> None:
    for alarm in program.all("MetricAlarm"):
        assert alarm["alarmActions"] == alarm["okActions"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts{SUFFIX}"]
        assert alarm["name"] == f"{name_of(program)}-{alarm.name}"


def test_the_runbook_says_what_to_do_about_every_alarm(program: Program) -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    for alarm in program.all("MetricAlarm"):
        kind = alarm.name.rpartition("-")[2]
        assert f"`{alarm.name}`" in runbook or f"`…-{kind}`" in runbook, alarm.name


# ---- who is told


def test_one_setting_names_whom_both_clouds_notify() -> None:
    emails = ["ada@example.com", "ops@example.com"]
    program = run(config={"crosscloud:monitoring": {"alertEmails": emails}})
    subscriptions = program.all("TopicSubscription")
    assert [(one["protocol"], one["endpoint"]) for one in subscriptions] == [("email", email) for email in emails]
    assert all(one["topic"].endswith(f":alerts{SUFFIX}") for one in subscriptions)
    assert [one["emailAddress"] for one in program.one("ActionGroup")["emailReceivers"]] == emails
    assert deployed("local", False).all("TopicSubscription") == []


def test_production_needs_an_address_for_alerts() -> None:
    with pytest.raises(SettingsError, match=r"monitoring\.alertEmails must name somebody"):
        run(stack="prod", config={"crosscloud:monitoring": {}})


def test_the_stack_s_alarms_alone_publish_to_a_topic_with_a_key_of_its_own(program: Program) -> None:
    key, topic = program.one("kms/key:Key", "alerts"), program.one("sns/topic:Topic", "alerts")
    assert topic["kmsMasterKeyId"].endswith(f":key/alerts{SUFFIX}")
    assert key["enableKeyRotation"] is True
    for policy in (key, program.one("TopicPolicy", "alerts")):
        _, sender = json.loads(policy["policy"])["Statement"]
        assert sender["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        allowed = sender["Condition"]["ArnEquals"]["aws:SourceArn"]
        assert re.fullmatch(rf"arn:aws:cloudwatch:{REGION}:\d{{12}}:alarm:{name_of(program)}-\*", allowed)


# ---- the dashboard


def widgets(program: Program) -> list[Widget]:
    return list(json.loads(program.one("cloudwatch/dashboard:Dashboard")["dashboardBody"])["widgets"])


def test_the_dashboard_begins_with_whether_it_is_well(program: Program) -> None:
    first = widgets(program)[0]
    assert (first["type"], first["y"]) == ("alarm", 0)
    alarms = {f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{one['name']}" for one in program.all("MetricAlarm")}
    assert set(first["properties"]["alarms"]) == alarms
    assert len(alarms) <= 100  # as many as the widget shows


def test_exceptions_that_nobody_caught_and_calls_that_were_ended_are_problems(
    program: Program,
) -> None:
    """The runtime writes `log_level`, and the platform a report whose status says how the call ended."""
    (log,) = (widget for widget in widgets(program) if widget["type"] == "log")
    for condition in ('level = "ERROR"', 'log_level = "ERROR"', 'record.status != "success"'):
        assert condition in log["properties"]["query"]
    for function in program.all("lambda/function:Function"):
        assert function["loggingConfig.systemLogLevel"] == "INFO", "WARN drops the reports"


def test_no_widget_lies_on_another_or_beside_the_grid(program: Program) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""
    cells = [
        {*product(range(w["x"], w["x"] + w["width"]), range(w["y"], w["y"] + w["height"]))} for w in widgets(program)
    ]
    assert all(0 <= x < 24 and y >= 0 for cell in cells for x, y in cell)
    assert all(one.isdisjoint(another) for one, another in combinations(cells, 2))


REQUIRED = {
    "metric": {"metrics", "region", "title", "period", "yAxis"},
    "alarm": {"alarms", "title"},
    "log": {"query", "region", "title", "view"},
}


def test_widgets_have_the_documented_form(program: Program) -> None:
    for widget in widgets(program):
        assert widget.keys() == {"type", "x", "y", "width", "height", "properties"}
        assert widget["properties"].keys() == REQUIRED[widget["type"]]
        assert widget["properties"].get("region", REGION) == REGION
        for entry in widget["properties"].get("metrics", []):
            *names, options = entry
            assert len(names) >= 4
            assert len(names) % 2 == 0
            assert options.keys() == {"stat", "label"}
            assert re.fullmatch(r"Sum|Minimum|Maximum|p\d{2}", options["stat"])


def test_the_last_problems_are_looked_for_in_every_log_of_the_aws_half(program: Program) -> None:
    (log,) = (widget for widget in widgets(program) if widget["type"] == "log")
    sources = set(re.findall(r"SOURCE '([^']+)' \| ", log["properties"]["query"]))
    assert sources == {group["name"] for group in program.all("LogGroup")}


# ---- metrics that there are

PUBLISHED = {
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": ({"FunctionName"}, {"Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"}),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": ({"QueueName"}, {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": ({"TableName"}, {"ReadThrottleEvents", "WriteThrottleEvents"}),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ({"ApiId", "Stage"}, {"4xx", "5xx", "Count", "IntegrationLatency", "Latency"}),
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html: both, for a bus of one's own
    "AWS/Events": ({"EventBusName", "RuleName"}, {"FailedInvocations", "InvocationsFailedToBeSentToDlq"}),
}
"""The dimensions by which AWS counts, and its metrics, by namespace. With other ones an alarm waits for ever."""
OF = {
    "FunctionName": "lambda/function:Function",
    "QueueName": "sqs/queue:Queue",
    "TableName": "dynamodb/table:Table",
    "EventBusName": "cloudwatch/eventBus:EventBus",
    "RuleName": "cloudwatch/eventRule:EventRule",
}
"""The dimension by which AWS counts for one resource."""


def alarmed(program: Program) -> list[Seen]:
    return [seen for alarm in program.all("MetricAlarm") for seen in _of_alarm(alarm)]


def _of_alarm(alarm: Declared) -> Iterator[Seen]:
    queries = alarm["metricQueries"] or []
    for one in [query["metric"] for query in queries if "metric" in query] or [alarm.inputs]:
        yield one["namespace"], one["metricName"], one["dimensions"]


def shown(program: Program) -> Iterator[Seen]:
    for widget in widgets(program):
        for namespace, name, *dimensions, _ in widget["properties"].get("metrics", []):
            yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


def counted() -> dict[str, list[set[str]]]:
    """The sets of dimensions of each metric in the functions' log lines."""
    directives = (emitted.ROUTE, emitted.UPSTREAM, emitted.BREAKER, emitted.CERTIFICATES)
    directives += (emitted.FAILURES, emitted.DEAD_LETTERS)
    found = {
        metric["Name"]: [{*dimensions} for dimensions in directive["Dimensions"]]
        for directive in map(json.loads, directives)
        for metric in directive["Metrics"]
    }
    return found | {name: [{"service"}] for name in UNITS}


def test_every_metric_that_is_looked_at_is_published_by_aws_or_counted_in_a_log_line(program: Program) -> None:
    own = name_of(program).replace("-", "/")
    for namespace, name, dimensions in [*alarmed(program), *shown(program)]:
        if namespace == own:
            assert dimensions.keys() in counted()[name]
        else:
            by, names = PUBLISHED[namespace]
            assert (dimensions.keys(), name in names) == (by, True), (namespace, name)


def test_every_function_counts_where_it_is_looked_for(program: Program) -> None:
    spaces = {one["environment.variables"]["METRICS_NAMESPACE"] for one in program.all("lambda/function:Function")}
    assert spaces == {name_of(program).replace("-", "/")}


def test_every_dimension_names_something_of_the_stack(program: Program) -> None:
    known = {dimension: {one.name + SUFFIX for one in program.all(type_)} for dimension, type_ in OF.items()}
    known |= {"ApiId": {"a1b2c3d4e5"}, "Stage": {"$default"}}
    known |= {"service": FUNCTIONS, "upstream": {one.name for one in program.all("Deployment")}, "state": {"open"}}
    for _, _, dimensions in [*alarmed(program), *shown(program)]:
        for dimension, value in dimensions.items():
            assert value in known[dimension]
