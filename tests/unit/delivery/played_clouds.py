"""Clouds that are played for a canary delivery: their alarms, what is deployed, `pulumi`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.canary import Canary
from delivery.commands import DeliveryError, Run
from delivery.login import LogIn
from delivery.watch import Times
from tests.unit.delivery.previews import CHANGED, KEPT, NEWEST, OLD

FUNCTION, SERVICE = "crosscloud:functions.orchestrator.canary", "crosscloud:services.users.canary"
PREVIOUS = {f"{FUNCTION}.previousVersion": "41", f"{SERVICE}.previousImage": OLD}
WATCH_SECONDS = Times().watch
HOUR = 3600.0
"""The moment, of the clock that the tests play, at which a delivery begins."""


def at(weight: float) -> dict[str, str]:
    """The settings of a step."""
    return {**PREVIOUS, f"{FUNCTION}.weight": str(weight), f"{SERVICE}.weight": str(weight)}


@dataclass(kw_only=True)
class Clouds:
    """`alarm_after` are the seconds of watching after which `alarm`, CloudWatch's or Azure's, goes off; `fail_up` are
    the numbers of the `up` that fail; `failures` are those that the new version of the orchestrator counts once it has
    calls, of 40; `dry_run` is what a new version answers to the dry event."""

    changed: Sequence[dict[str, Any]] = CHANGED
    alarm: str = "aws"
    alarm_after: float | None = None
    alert_state: str = "New"
    fail_up: tuple[int, ...] = ()
    failures: float = 0
    canary_failures: float = 0
    dry_run: Mapping[str, object] = field(default_factory=lambda: {"statusCode": 404})
    error: str | None = None
    now: float = HOUR
    settings: dict[str, str] = field(default_factory=dict)
    ups: list[tuple[dict[str, str], list[str]]] = field(default_factory=list)
    """The settings and the targets of each `pulumi up`."""
    reported: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> str:
        program, *arguments = command
        return {"aws": self._aws, "az": self._az, "pulumi": self._pulumi}[program](arguments)

    def _aws(self, arguments: Sequence[str]) -> str:
        match arguments:
            case ["cloudwatch", "describe-alarms", *options]:
                assert options[-2:] == ["--alarm-names", "orders-errors-1a2b3c4"]
                return json.dumps({"MetricAlarms": [{"AlarmName": "orders-errors-1a2b3c4"}] if self._on("aws") else []})
            case ["cloudwatch", "get-metric-data", "--metric-data-queries", queries, *_]:
                return json.dumps({"MetricDataResults": [self._metric(query) for query in json.loads(queries)]})
            case ["lambda", "get-alias", *options]:
                assert options[-2:] == ["--function-name", "orchestrator-1a2b3c4"]
                return json.dumps({"FunctionVersion": NEWEST, "RoutingConfig": {}})
            case ["lambda", "invoke", *options]:
                assert options[:4] == ["--function-name", "orchestrator-1a2b3c4", "--qualifier", NEWEST]
                Path(options[-1]).write_text(json.dumps(self.dry_run))
                return json.dumps({"StatusCode": 200} | ({"FunctionError": self.error} if self.error else {}))
        raise AssertionError(arguments)

    def _az(self, arguments: Sequence[str]) -> str:
        if "--resource" in arguments:
            return json.dumps({"data": {"result": list(self._series(arguments[arguments.index("--url") + 1]))}})
        assert any("targetResourceGroup=crosscloud-prod&" in argument for argument in arguments)
        alert = {"name": "PodsCrash", "properties": {"essentials": {"alertState": self.alert_state}}}
        return json.dumps({"value": [alert] if self._on("az") else []})

    def _pulumi(self, arguments: Sequence[str]) -> str:
        match arguments:
            case ["preview", *_]:
                return json.dumps({"steps": [*self.changed, *KEPT]})
            case ["config", "set-all", "--path", *options]:
                pairs = [option.partition("=") for option in options if "=" in option]
                self.settings |= {path: value for path, _, value in pairs}
            case ["config", "rm-all", "--path", *paths]:
                self.settings = {k: v for k, v in self.settings.items() if k.rpartition(".")[0] not in paths}
            case ["up", *options]:
                targets = [after for option, after in itertools.pairwise(options) if option == "--target"]
                self.ups.append((dict(self.settings), targets))
                if len(self.ups) in self.fail_up:
                    raise DeliveryError("`pulumi up` failed.")
            case _:
                raise AssertionError(arguments)
        return ""

    @property
    def _has_calls(self) -> bool:
        """True if the new versions have calls: after step zero."""
        return len(self.ups) > 1

    def _metric(self, query: dict[str, Any]) -> dict[str, Any]:
        metric = query["MetricStat"]["Metric"]
        version = {each["Name"]: each["Value"] for each in metric["Dimensions"]}.get("version", "")
        counted = {"Invocations": 40.0, "Failures": self.failures if version == NEWEST and self._has_calls else 0.0}
        return {"Id": query["Id"], "Values": [counted.get(metric["MetricName"], 0.0)]}

    def _series(self, url: str) -> Iterator[dict[str, Any]]:
        assert url.startswith("https://query.example/api/v1/query?query=")
        for track, failures in (("stable", 0.0), ("canary", self.canary_failures if self._has_calls else 0.0)):
            for name, value in (("calls", 40.0), ("failures", failures)):
                labels = {"signal": name, "job": "users", "track": track}
                yield {"metric": labels, "value": [self.now, str(value)]}

    def _on(self, kind: str) -> bool:
        return self.alarm == kind and self.alarm_after is not None and self.now - HOUR >= self.alarm_after

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def deliver(self) -> None:
        self.delivery().deliver()

    def delivery(
        self,
        *,
        run: Run | None = None,
        log_in: LogIn = lambda: None,
        guard: Callable[[], object] = lambda: None,
        although: Collection[str] = (),
    ) -> Canary:
        return Canary(
            stack="prod",
            run=run or self.run,
            log_in=log_in,
            guard=guard,
            although=although,
            clock=lambda: self.now,
            sleep=self.sleep,
            report=self.reported.append,
        )
