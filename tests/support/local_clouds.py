"""The command lines of a delivery, `pulumi`, `aws` and `az`, done by a local stack.

What they read is real: CloudWatch's metrics of the emulator, and the metrics of each pod, from which the answer of
managed Prometheus is made. What they change is done by `./crosscloud up`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from delivery.commands import DeliveryError
from delivery.services import CANARY, REFUSAL, STABLE, signals
from local.providers.aws.client import connect
from local.state import State
from planning.wire import plain
from tests.support.stack import Stack

ALIAS, DEPLOYMENT = "aws:lambda/alias:Alias", "kubernetes:apps/v1:Deployment"
WORKSPACE = "azure-native:monitor:AzureMonitorWorkspace"
PROBES = {"/livez", "/readyz", "/metrics"}
OPTIONS = ("--metric-data-queries", "--start-time", "--end-time")

Key = tuple[str, str]
"""A service and a track."""
Counts = dict[Key, float]
Samples = dict[tuple[str, ...], float]
"""Values of a pod by metric and labels."""


@dataclass(kw_only=True)
class LocalClouds:
    """Runs the commands on a stack."""

    stack: Stack
    changed: set[str]
    """The functions and services whose newest version is not the one that serves: what a preview would find."""
    ups: int = 0
    """The number of `pulumi up` so far."""
    _first: dict[str, dict[tuple[str, ...], float]] | None = None
    """The counts of each pod when the delivery first looked. A pod that came later began at nothing."""

    def run(self, command: Sequence[str]) -> str:
        program, *arguments = command
        return {"pulumi": self._pulumi, "aws": self._aws, "az": self._az}[program](arguments)

    def _pulumi(self, arguments: Sequence[str]) -> str:
        match arguments:
            case ["preview", *_]:
                self._first = None
                return json.dumps({"steps": list(self._preview())}, default=str)
            case ["config", "set-all", "--path", *options]:
                self._set(dict(o.split("=", 1) for o in options if "=" in o))
            case ["config", "rm-all", "--path", *paths]:
                self._remove([path for path in paths if path.startswith("crosscloud:")])
            case ["up", *_]:
                self.ups += 1
                done = self.stack.run("up")
                if done.code:
                    raise DeliveryError(f"`pulumi up` failed: {' '.join(done.err.split())[:300]}")
            case _:
                raise AssertionError(arguments)
        return ""

    def _aws(self, arguments: Sequence[str]) -> str:
        given = dict(pairwise(arguments))
        match arguments[1]:
            case "describe-alarms":
                return self._call("cloudwatch", "DescribeAlarms", StateValue="ALARM")
            case "get-metric-data":
                queries, begin, end = (given[option] for option in OPTIONS)
                times = {"StartTime": begin, "EndTime": end}
                return self._call("cloudwatch", "GetMetricData", MetricDataQueries=json.loads(queries), **times)
            case "get-alias":
                return self._call("lambda", "GetAlias", FunctionName=given["--function-name"], Name=given["--name"])
            case "invoke":
                return self._invoke(given, Path(arguments[-1]))
        raise AssertionError(arguments)

    def _az(self, arguments: Sequence[str]) -> str:
        if "--resource" in arguments:
            return json.dumps({"status": "success", "data": {"result": list(self._prometheus())}})
        return json.dumps({"value": []})  # alerts are recorded only

    # ---- pulumi

    def _preview(self) -> Iterator[dict[str, Any]]:
        for entry in State(self.stack.machine.state_file):
            old = {"type": entry.type, "inputs": plain(entry.inputs), "outputs": plain(entry.outputs)}
            if entry.type == WORKSPACE:
                old["outputs"] = {**old["outputs"], "metrics": {"prometheusQueryEndpoint": "https://prometheus"}}
            moves = entry.name.removesuffix("-live") in self.changed and entry.type in (ALIAS, DEPLOYMENT)
            new = {**old, "inputs": _with_another_image(old["inputs"])} if moves and entry.type == DEPLOYMENT else old
            yield {"op": "update" if moves else "same", "urn": entry.urn, "oldState": old, "newState": new}

    def _set(self, values: Mapping[str, str]) -> None:
        content = yaml.safe_load(self._file.read_text())
        for path, value in values.items():
            group, key = self._group(content, path)
            group[key] = yaml.safe_load(value)
        self._file.write_text(yaml.safe_dump(content))

    def _remove(self, paths: Sequence[str]) -> None:
        content = yaml.safe_load(self._file.read_text())
        for path in paths:
            group, key = self._group(content, path)
            del group[key]
        self._file.write_text(yaml.safe_dump(content))

    @property
    def _file(self) -> Path:
        return self.stack.root / "Pulumi.local.yaml"

    def _group(self, content: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
        name, *keys, last = path.split(".")
        group = content["config"].setdefault(name, {})
        for key in keys:
            group = group.setdefault(key, {})
        return group, last

    # ---- aws

    def _call(self, service: str, operation: str, **parameters: Any) -> str:
        return json.dumps(connect(self.stack.machine).call(service, operation, parameters), default=str)

    def _invoke(self, given: Mapping[str, str], file: Path) -> str:
        call = {"FunctionName": given["--function-name"], "Qualifier": given["--qualifier"]}
        answer = connect(self.stack.machine).call("lambda", "Invoke", {**call, "Payload": given["--payload"].encode()})
        file.write_bytes(answer["Payload"].read())
        return json.dumps({key: answer[key] for key in ("StatusCode", "FunctionError") if key in answer})

    # ---- managed Prometheus

    def _prometheus(self) -> Iterator[dict[str, Any]]:
        """Yields every signal that `delivery.services` asks for, computed as its query says."""
        vectors = self._measured()
        assert vectors.keys() == signals("apps", 60).keys()
        for signal, vector in vectors.items():
            for (job, track), value in vector.items():
                yield {"metric": {"signal": signal, "job": job, "track": track}, "value": [0, str(value)]}

    def _measured(self) -> dict[str, Counts]:
        vectors: dict[str, Counts] = {name: defaultdict(float) for name in signals("apps", 60)}
        buckets: dict[Key, dict[float, float]] = defaultdict(lambda: defaultdict(float))
        pods = [(pod, _samples(pod.metrics)) for pod in self.stack.measured_pods()]
        if self._first is None:
            self._first = {pod.name: samples for pod, samples in pods}
        for pod, samples in pods:
            name = pod.deployment
            key = (name.removesuffix("-canary"), CANARY if name.endswith("-canary") else STABLE)
            if key[1] == CANARY:
                vectors["restarts"][key] += pod.restarts
            for (metric, *labels), value in _since(samples, self._first.get(pod.name, {})).items():
                by = dict(zip(labels[::2], labels[1::2], strict=True))
                if by.get("route") in PROBES or by.get("route") == "unmatched":
                    continue
                match metric:
                    case "http_request_duration_seconds_count":
                        vectors["calls"][key] += value
                        vectors["failures"][key] += value if by["status"].startswith("5") else 0
                        vectors["refusals"][key] += value if by["status"] == str(REFUSAL) else 0
                    case "http_request_duration_seconds_bucket":
                        buckets[key][float(by["le"])] += value
                    case "process_resident_memory_bytes":
                        vectors["memory"][key] = max(vectors["memory"][key], value)
                    case "process_open_fds":
                        vectors["files"][key] = max(vectors["files"][key], value)
        vectors["milliseconds"] = {key: 1000 * at for key, counts in buckets.items() if (at := _quantile(counts)) >= 0}
        return vectors


def _since(samples: Samples, first: Samples) -> Samples:
    """Returns what counters have grown by, and gauges as they are."""
    return {key: value - first.get(key, 0) if key[0].startswith("http_") else value for key, value in samples.items()}


def _with_another_image(inputs: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(inputs))
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "what the preview does not know yet"
    return changed


def _samples(text: str) -> Samples:
    return {
        (sample.name, *(part for label in sorted(sample.labels.items()) for part in label)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _quantile(counts: Mapping[float, float]) -> float:
    """Returns the bound below which nine of ten values are, as `histogram_quantile` does; -1 without values."""
    total = max(counts.values(), default=0)
    rank, below, before = 0.9 * total, 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if total and count >= rank:
            if bound == float("inf"):
                return before
            return before + (bound - before) * (rank - below) / (count - below)
        below, before = count, bound
    return -1
