"""A CloudWatch dashboard: rows of widgets, one below the other, whose widgets share the width.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.metrics import Metric

COLUMNS = 24
"""The width of a dashboard."""
PERIOD = 60
"""Seconds of a graph's point; CloudWatch takes longer ones by itself where more time is shown."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a graph."""

    label: str
    """The line's name in the legend."""
    metric: Metric
    """The metric that it shows."""
    statistic: str = "Sum"
    """The statistic of each point: Sum, Minimum, Maximum or a percentile such as p99."""

    def entry(self) -> list[Any]:
        """Returns the line as the dashboard's body has it."""
        dimensions = [part for pair in self.metric.dimensions.items() for part in pair]
        return [self.metric.namespace, self.metric.name, *dimensions, {"stat": self.statistic, "label": self.label}]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A widget with lines of metrics."""

    title: str
    lines: Sequence[Line]
    type = "metric"

    def properties(self, region: str) -> Mapping[str, Any]:
        metrics = [line.entry() for line in self.lines]
        axis = {"left": {"min": 0, "showUnits": False}}
        return {"region": region, "title": self.title, "metrics": metrics, "period": PERIOD, "yAxis": axis}


@dataclass(frozen=True, kw_only=True)
class AlarmStates:
    """A widget with the states of alarms."""

    title: str
    arns: Sequence[Input[str]]
    type = "alarm"

    def properties(self, _region: str) -> Mapping[str, Any]:
        return {"title": self.title, "alarms": list(self.arns)}


@dataclass(frozen=True, kw_only=True)
class LogLines:
    """A widget with the log lines that a query matches. Each look is paid by the bytes that are read."""

    title: str
    groups: Sequence[Input[str]]
    """The log groups that are searched."""
    query: str
    """The query, in the language of Logs Insights."""
    type = "log"

    def properties(self, region: str) -> Mapping[str, Any]:
        sources = [part for group in self.groups for part in ("SOURCE '", group, "' | ")]
        query = Output.concat(*sources, self.query)
        return {"region": region, "title": self.title, "view": "table", "query": query}


Widget = Graph | AlarmStates | LogLines


@dataclass(frozen=True, kw_only=True)
class Row:
    """Widgets beside each other."""

    widgets: Sequence[Widget]
    height: int = 6
    """Lines of the dashboard's grid."""


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    rows: Sequence[Row]
    """The rows, from the top."""


class Dashboard(ComponentResource):
    """A dashboard that is named `<project>-<stack>`."""

    def __init__(self, name: str, args: DashboardArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Dashboard", name, {}, opts)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=f"{pulumi.get_project()}-{pulumi.get_stack()}",
            dashboard_body=Output.json_dumps({"start": "-PT3H", "widgets": _placed(args.rows)}),
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({"dashboard": dashboard.dashboard_name})


def _placed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Returns the widgets with their places: those of a row share its width."""
    region, placed, y = pulumi.Config("aws").require("region"), [], 0
    for row in rows:
        width = COLUMNS // len(row.widgets)
        for index, widget in enumerate(row.widgets):
            place = {"type": widget.type, "x": index * width, "y": y, "width": width, "height": row.height}
            placed.append({**place, "properties": widget.properties(region)})
        y += row.height
    return placed
