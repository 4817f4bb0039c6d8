"""The definition of a CloudWatch alarm, read from the properties that the program declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.samples import Metric

UNDERSTOOD = {
    *("metricQueries", "namespace", "metricName", "dimensions", "period", "statistic", "extendedStatistic"),
    *("evaluationPeriods", "datapointsToAlarm", "threshold", "comparisonOperator", "treatMissingData"),
}
"""The properties that decide when an alarm goes off."""
WITHOUT_EFFECT = {"name", "alarmDescription", "alarmActions", "okActions", "tags", "tagsAll", "region"}
"""The properties that have no part in it."""
ALWAYS_IGNORED = "AWS/DynamoDB"
"""The namespace whose alarms ignore missing data, whatever `treatMissingData` says
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """The statistic of a metric's values, once for each period."""

    metric: Metric
    """The metric."""
    statistic: str
    """Sum, Minimum, Maximum, Average, SampleCount, or a percentile such as p99."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """All that decides when an alarm goes off."""

    queries: Mapping[str, Query]
    """The statistics of metrics, by the names that the expression has for them."""
    expression: str
    """The expression of metric math whose values are compared with the threshold."""
    period: int
    """Seconds of a period."""
    evaluation_periods: int
    """The number of data points that are judged: N of "M out of N"."""
    datapoints_to_alarm: int
    """The number of breaching ones among them at which the alarm goes off: M."""
    threshold: float
    """The limit."""
    comparison: str
    """The comparison of a data point with the limit, by which it is breaching."""
    missing: str
    """The meaning of a missing data point: missing, ignore, breaching or notBreaching."""


def read(alarm: Mapping[str, Any]) -> Definition:
    """Returns the definition in the inputs of a `MetricAlarm`. Raises NotUnderstoodError."""
    unknown = {name for name, value in alarm.items() if value is not None} - UNDERSTOOD - WITHOUT_EFFECT
    if unknown:
        raise NotUnderstoodError(f"The evaluator does not know what {', '.join(sorted(unknown))} of an alarm does.")
    queries, expression, period = _of_queries(alarm) if alarm.get("metricQueries") else _of_one_metric(alarm)
    always_ignored = any(query.metric.namespace == ALWAYS_IGNORED for query in queries.values())
    periods = int(alarm["evaluationPeriods"])
    return Definition(
        queries=queries,
        expression=expression,
        period=period,
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.get("datapointsToAlarm") or periods),
        threshold=float(alarm["threshold"]),
        comparison=alarm["comparisonOperator"],
        missing="ignore" if always_ignored else alarm.get("treatMissingData") or "missing",
    )


def _of_one_metric(alarm: Mapping[str, Any]) -> tuple[dict[str, Query], str, int]:
    statistic = alarm.get("statistic") or alarm["extendedStatistic"]
    return {"metric": Query(metric=_metric(alarm), statistic=statistic)}, "metric", int(alarm["period"])


def _of_queries(alarm: Mapping[str, Any]) -> tuple[dict[str, Query], str, int]:
    """Returns the queries, the expression whose data is returned, and the one period of all."""
    queries = {query["id"]: query["metric"] for query in alarm["metricQueries"] if "metric" in query}
    expressions = [query["expression"] for query in alarm["metricQueries"] if query.get("returnData")]
    periods = {int(metric["period"]) for metric in queries.values()}
    if len(expressions) != 1 or len(periods) != 1 or len(queries) + 1 != len(alarm["metricQueries"]):
        raise NotUnderstoodError(
            "The evaluator knows one expression over metrics that have the same period, and no expression in another."
        )
    read_queries = {id_: Query(metric=_metric(metric), statistic=metric["stat"]) for id_, metric in queries.items()}
    return read_queries, expressions[0], periods.pop()


def _metric(properties: Mapping[str, Any]) -> Metric:
    return Metric(
        namespace=properties["namespace"],
        name=properties["metricName"],
        dimensions=frozenset((properties.get("dimensions") or {}).items()),
    )
