"""Previews of an update, as `pulumi preview` shows them: what changes, and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OLD, NEW = (f"registry.example/users@sha256:{digit * 64}" for digit in "ab")
NEWEST = "42"


def step(type_: str, name: str, old: object, new: object) -> dict[str, Any]:
    """Returns a step of a preview; None stands for a state that is not there."""
    states = {key: state for key, state in (("oldState", old), ("newState", new)) if state is not None}
    op = "same" if old == new else "update" if len(states) == 2 else "create"
    return {"op": op, "urn": f"urn:pulumi:prod::crosscloud::crosscloud:a:B${type_}::{name}", **states}


def alias(name: str, old: Mapping[str, object] | None, new: Mapping[str, object]) -> dict[str, Any]:
    type_ = "aws:lambda/alias:Alias"
    return step(type_, f"{name}-live", *(inputs and {"type": type_, "inputs": inputs} for inputs in (old, new)))


def live(name: str, version: str) -> dict[str, object]:
    return {"functionName": f"{name}-1a2b3c4", "functionVersion": version}


def pods(name: str, old: str | None, new: str, *, track: str = "stable") -> dict[str, Any]:
    type_ = "kubernetes:apps/v1:Deployment"
    return step(type_, name, *(image and {"type": type_, "inputs": deployment(image, track)} for image in (old, new)))


def deployment(image: str, track: str) -> dict[str, Any]:
    template = {"spec": {"containers": [{"image": image}]}}
    labels = {"app": "users", "track": track}
    return {"metadata": {"labels": labels, "namespace": "apps"}, "spec": {"template": template}}


CHANGED = (
    alias("orchestrator", live("orchestrator", "41"), live("orchestrator", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")),
    alias("catalog", live("catalog", "7"), live("catalog", "7")),
    pods("users", OLD, NEW),
    pods("billing", OLD, OLD),
    pods("added", None, NEW),
)


KEPT = [
    step(type_, name, *[{"type": type_, "outputs": {"name": name}}] * 2)
    for type_, name in (
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "orders-errors-1a2b3c4"),
        ("azure-native:resources:ResourceGroup", "crosscloud-prod"),
        ("aws:sqs/queue:Queue", "fulfilment"),
        ("aws:lambda/function:Function", "orchestrator"),
    )
]
WORKSPACE = "azure-native:monitor:AzureMonitorWorkspace"
_kept = {"type": WORKSPACE, "outputs": {"metrics": {"prometheusQueryEndpoint": "https://query.example"}}}
KEPT.append(step(WORKSPACE, "monitoring-metrics", _kept, _kept))
