"""CloudWatch's metrics in alarms, which the API spells in another way than Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.provider import Properties
from local.providers.aws.resource import Resource


class MetricAlarm(Resource):
    """An alarm on a metric, or on an expression over metrics."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        queries = [_query(query) for query in view.get("metricQueries", [])]
        return {**view, **({"metrics": queries} if queries else {"dimensions": _dimensions(view)})}


def _dimensions(metric: Mapping[str, Any]) -> list[Properties]:
    return [{"name": key, "value": value} for key, value in sorted(metric.get("dimensions", {}).items())]


def _query(query: Properties) -> Properties:
    """Returns a metric query as the API has it: a metric and how it is summed up are two things."""
    if "metric" not in query:
        return query
    metric = query["metric"]
    identity = {key: metric[key] for key in ("namespace", "metricName")}
    summed = {key: metric[key] for key in ("period", "stat", "unit") if key in metric}
    stat = {**summed, "metric": {**identity, "dimensions": _dimensions(metric)}}
    return {"returnData": False, **{key: value for key, value in query.items() if key != "metric"}, "metricStat": stat}
