"""The metrics of managed Prometheus for each service's pods, by track: those of the previous image, and the canary's.

One query asks for everything, since each call of `az` takes a second. Its parts are told apart by the label `signal`.
https://learn.microsoft.com/azure/azure-monitor/metrics/prometheus-api-promql
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from delivery.commands import Run, read
from delivery.releases import ServiceRelease
from delivery.verdict import Measured

RESOURCE = "https://prometheus.monitor.azure.com"
"""The resource that a token must be for to query the workspace."""
REFUSAL = 503
"""The status of a service that has no place left (app/services/kit/places.py), or can't reach what it needs.

Both tracks refuse alike, so that a version which refuses more than the other is returned. But more refusals than in the
hour before may come of more callers; where the contract does not pass them on, the functions count them."""
STABLE, CANARY = "stable", "canary"
"""The tracks of a service's pods."""
_WORKSPACE = "azure-native:monitor:AzureMonitorWorkspace"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"

Vector = dict[tuple[str, str], float]
"""Values by service and track; without a track they are those of all pods."""


def signals(namespace: str, seconds: int) -> dict[str, str]:
    """Returns the queries for the services of a namespace over the last `seconds`, by the name of what they measure."""
    here = f'namespace="{namespace}"'
    calls = f'{here},route=~"/.*",route!~"/livez|/readyz|/metrics"'
    counts, buckets = (f"http_request_duration_seconds_{part}" for part in ("count", "bucket"))
    restarts = f'kube_pod_container_status_restarts_total{{{here},pod=~".+-canary-.+"}}'
    of_pods = f'label_replace({restarts}, "job", "$1", "pod", "(.+)-canary-.+")'
    rates = f"sum by (job, track, le) (rate({buckets}{{{calls}}}[{seconds}s]))"
    return {
        "calls": _counted(f"{counts}{{{calls}}}", seconds),
        "failures": _counted(f'{counts}{{{calls},status=~"5.."}}', seconds),
        "refusals": _counted(f'{counts}{{{calls},status="{REFUSAL}"}}', seconds),
        "milliseconds": f"1000 * histogram_quantile(0.9, {rates})",
        "memory": f"max by (job, track) (process_resident_memory_bytes{{{here}}})",
        "files": f"max by (job, track) (process_open_fds{{{here}}})",
        "restarts": f"sum by (job, track) ({_labelled(of_pods, 'track', CANARY)})",
    }


def _counted(counter: str, seconds: int) -> str:
    """Returns by how much a counter has grown in the last `seconds`, from nothing if its series is younger.

    `increase` would begin at a series' first value, and so miss the first failure, by which the series begins.
    """
    highest = f"max_over_time({counter}[{seconds}s])"
    before = f"max_over_time({counter}[5m] offset {seconds}s) or 0 * {highest}"
    return f"sum by (job, track) (clamp_min({highest} - ({before}), 0))"


def _labelled(query: str, label: str, value: str) -> str:
    """Returns the query whose answers have one more label."""
    return f'label_replace({query}, "{label}", "{value}", "", "")'


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services of a stack, and where their metrics are kept."""

    endpoint: str | None
    """The URL of the workspace that is asked. None: there is none yet."""
    names: tuple[str, ...]
    """The services' names."""
    namespace: str
    """The namespace of their pods."""
    run: Run
    """Runs the command line of Azure."""

    @classmethod
    def deployed(cls, preview: Mapping[str, Any], run: Run) -> Services:
        """Returns the services that are deployed before the changes that `pulumi preview --json` printed."""
        endpoint, namespace, names = None, "", []
        for step in preview["steps"]:
            state = step.get("oldState", {})
            if state.get("type") == _WORKSPACE:
                endpoint = (state["outputs"].get("metrics") or {}).get("prometheusQueryEndpoint")
            elif state.get("type") == _DEPLOYMENT:
                metadata = state["inputs"]["metadata"]
                if metadata["labels"]["track"] == STABLE:
                    namespace = metadata["namespace"]
                    names.append(metadata["labels"]["app"])
        return cls(endpoint=endpoint, names=tuple(names), namespace=namespace, run=run)

    def totals(self, seconds: float) -> dict[str, Measured]:
        """Returns what was measured of all pods of each service in the last `seconds`. Raises DeliveryError."""
        return totals(self.names, self.measure(seconds))

    def measure(self, seconds: float) -> dict[str, Vector]:
        """Returns all signals of the last `seconds`, by name. Raises DeliveryError."""
        if self.endpoint is None or not self.names:
            return {}
        parts = signals(self.namespace, max(round(seconds), 60))
        query = " or ".join(_labelled(text, "signal", name) for name, text in parts.items())
        url = f"{self.endpoint}/api/v1/query?query={quote(query, safe='')}"
        command = ["az", "rest", "--method", "get", "--url", url, "--resource", RESOURCE, "--output", "json"]
        measured: dict[str, Vector] = {}
        for series in read(self.run, command)["data"]["result"]:
            by, value = series["metric"], float(series["value"][1])
            if value == value:  # noqa: PLR0124 - a quantile of nothing is not a number
                measured.setdefault(by["signal"], {})[by.get("job", ""), by.get("track", "")] = value
        return measured


def versions(moving: Sequence[ServiceRelease], measured: Mapping[str, Vector]) -> dict[str, tuple[Measured, Measured]]:
    """Returns what was measured of the pods of the previous and of the new image of each service that moves."""
    return {
        release.name: (_measured(measured, release.name, STABLE), _measured(measured, release.name, CANARY))
        for release in moving
    }


def totals(names: Sequence[str], measured: Mapping[str, Vector]) -> dict[str, Measured]:
    """Returns what was measured of all pods of each service. Refusals are left out of the failures."""
    found = {}
    for name in names:
        tracks = [(name, track) for track in (STABLE, CANARY)]
        calls, failures, refusals = (
            sum(measured.get(signal, {}).get(track, 0) for track in tracks)
            for signal in ("calls", "failures", "refusals")
        )
        found[name] = Measured(calls=calls, failures=max(failures - refusals, 0))
    return found


def _measured(measured: Mapping[str, Vector], name: str, track: str) -> Measured:
    def value(signal: str) -> float | None:
        return measured.get(signal, {}).get((name, track))

    return Measured(
        calls=value("calls") or 0,
        failures=value("failures") or 0,
        restarts=value("restarts") or 0,
        milliseconds=value("milliseconds"),
        memory=value("memory") or 0,
        files=value("files") or 0,
    )
