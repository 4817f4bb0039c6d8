"""The counts of CloudWatch for each function, and for each version of those that move.

Exceptions, time-outs, calls and their duration are Lambda's own metrics, by version under the dimension
`ExecutedVersion`, which is there for comparing the two versions behind an alias
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html). What the function answers with 5xx, and the
messages that it gives back, are in the metrics of its own log lines.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.contract.metrics import DEAD_LETTERS, FAILURES
from delivery.commands import Run, read
from delivery.releases import ALIAS, FunctionRelease
from delivery.verdict import Measured

LEAST_PERIODS = 2
"""Periods with calls before a version's latency is judged: a first one with cold starts must not decide alone."""
_FUNCTION = "aws:lambda/function:Function"

Query = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time, in seconds of the epoch."""

    begin: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Functions:
    """The functions of a stack."""

    names: Mapping[str, str]
    """The functions' names in AWS, by their names in the program."""
    namespace: str
    """The namespace of the metrics in the functions' log lines."""
    run: Run
    """Runs the command line of AWS."""
    period: int
    """Seconds of a period of CloudWatch's; Lambda's metrics have 60."""

    @classmethod
    def deployed(cls, preview: Mapping[str, Any], run: Run, *, period: int) -> Functions:
        """Returns the functions that are deployed before the changes that `pulumi preview --json` printed."""
        names, namespace = {}, ""
        for step in preview["steps"]:
            if step.get("oldState", {}).get("type") == _FUNCTION:
                stack, project = str(step["urn"]).split("::")[0].rpartition(":")[2], str(step["urn"]).split("::")[1]
                names[str(step["urn"]).rpartition("::")[2]] = str(step["oldState"]["outputs"]["name"])
                namespace = f"{project}/{stack}"
        return cls(names=names, namespace=namespace, run=run, period=period)

    def totals(self, span: Span) -> dict[str, Measured]:
        """Returns what was measured of all versions of each function, by name. Raises DeliveryError."""
        queries: dict[tuple[str, ...], Query] = {}
        for name, function in self.names.items():
            own, aws = {"service": name}, {"FunctionName": function}
            queries |= {(name, *key): query for key, query in self._counted(own, aws)}
        values = self._values(queries, span)
        return {name: _measured(name, values) for name in self.names}

    def versions(
        self, moving: Sequence[FunctionRelease], newest: Mapping[str, str], span: Span
    ) -> dict[str, tuple[Measured, Measured]]:
        """Returns what was measured of the previous and of the new version of each function that moves.

        `newest` are the numbers of the new versions by function. Raises DeliveryError.
        """
        queries: dict[tuple[str, ...], Query] = {}
        for release in moving:
            for version in (release.previous, newest[release.name]):
                key = f"{release.name} {version}"
                own = {"service": release.name, "version": version}
                aws = {"FunctionName": release.function, "Resource": f"{release.function}:{ALIAS}"}
                aws |= {"ExecutedVersion": version}
                queries |= {(key, *part): query for part, query in self._counted(own, aws)}
                queries[key, "milliseconds"] = self._query("AWS/Lambda", "Duration", aws, "p90")
        values = self._values(queries, span)
        return {
            release.name: (
                _measured(f"{release.name} {release.previous}", values),
                _measured(f"{release.name} {newest[release.name]}", values),
            )
            for release in moving
        }

    def _counted(self, own: Mapping[str, str], aws: Mapping[str, str]) -> Iterator[tuple[tuple[str], Query]]:
        yield ("calls",), self._query("AWS/Lambda", "Invocations", aws)
        yield ("exceptions",), self._query("AWS/Lambda", "Errors", aws)
        yield ("failures",), self._query(self.namespace, FAILURES, own)
        yield ("dead_letters",), self._query(self.namespace, DEAD_LETTERS, own)

    def _query(self, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str = "Sum") -> Query:
        by = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": by}
        return {"MetricStat": {"Metric": metric, "Period": self.period, "Stat": statistic}}

    def _values(self, queries: Mapping[tuple[str, ...], Query], span: Span) -> dict[tuple[str, ...], list[float]]:
        """Returns the values of each query, one for each period with data."""
        if not queries:
            return {}
        keys = {f"q{number}": key for number, key in enumerate(queries)}
        asked = [{"Id": id_, **queries[key]} for id_, key in keys.items()]
        begin, end = (datetime.fromtimestamp(moment, UTC).isoformat() for moment in (span.begin, span.end))
        command = ["aws", "cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(asked)]
        answer = read(self.run, [*command, "--start-time", begin, "--end-time", end, "--output", "json"])
        values: dict[tuple[str, ...], list[float]] = {key: [] for key in queries}
        for result in answer["MetricDataResults"]:  # one more for a query that needs a second page
            values[keys[result["Id"]]] += result["Values"]
        return values


def _measured(name: str, values: Mapping[tuple[str, ...], Sequence[float]]) -> Measured:
    """Returns the sums. A failure that raised is written in a log line too, or not: the larger number counts."""
    sums = {part: sum(values.get((name, part), ())) for part in ("calls", "exceptions", "failures", "dead_letters")}
    durations = values.get((name, "milliseconds"), ())
    return Measured(
        calls=sums["calls"],
        failures=max(sums["exceptions"], sums["failures"]),
        dead_letters=sums["dead_letters"],
        milliseconds=statistics.median(durations) if len(durations) >= LEAST_PERIODS else None,
    )
