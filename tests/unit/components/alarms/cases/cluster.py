"""The stories of the cluster's alerts: what pods, nodes and certificates do, as Prometheus sees it."""

from __future__ import annotations

from tests.unit.components.alarms.prometheus import RuleStory, gauge

HOUR = 60
DAY = 24 * 3600
"""Seconds of a day. promtool's clock begins at 0."""
KUBE_STATE = {"namespace": "apps", "job": "kube-state-metrics"}


def series(name: str, **labels: str) -> str:
    """Returns a series of the services' namespace in Prometheus' notation."""
    inner = ",".join(f'{label}="{value}"' for label, value in {**KUBE_STATE, **labels}.items())
    return f"{name}{{{inner}}}"


def pod_waits(*parts: tuple[int, float | None]) -> dict[str, str]:
    name = "kube_pod_container_status_waiting_reason"
    return {series(name, pod="users-6d4-x", reason="CrashLoopBackOff"): gauge(*parts)}


CRASHES = [
    RuleStory(
        text="A pod crashes at its start: it waits for minutes, runs for one and waits again.",
        series=pod_waits((10, None), *[(4, 1), (1, None)] * 5, (25, None)),
        alerts=[{"pod": "users-6d4-x"}],
        at=25,
    ),
    RuleStory(
        text="A pod crashes again and again after three minutes, and waits for five each time.",
        series=pod_waits((10, None), *[(5, 1), (3, None)] * 4, (18, None)),
        alerts=[{"pod": "users-6d4-x"}],
        at=24,
    ),
    RuleStory(
        text="A pod crashes twice, because its database is not there yet, waits for a minute in all, and starts.",
        series=pod_waits((10, None), (1, 1), (49, None)),
    ),
]


def replicas(available: str, wanted: int = 4) -> dict[str, str]:
    return {
        series("kube_deployment_status_replicas_available", deployment="users"): available,
        series("kube_deployment_spec_replicas", deployment="users"): gauge((HOUR, wanted)),
    }


TOO_FEW = [
    RuleStory(
        text="Two of four pods are not ready for twenty minutes.",
        series=replicas(gauge((10, 4), (20, 2), (30, 4))),
        alerts=[{**KUBE_STATE, "deployment": "users"}],
        at=25,
    ),
    RuleStory(text="One of four pods is not ready.", series=replicas(gauge((10, 4), (20, 3), (30, 4)))),
    RuleStory(text="All pods are away for eight minutes.", series=replicas(gauge((10, 4), (8, 0), (42, 4)))),
]


def autoscaler(current: str, *, least: int = 2) -> dict[str, str]:
    def of(name: str) -> str:
        return series(f"kube_horizontalpodautoscaler_{name}", horizontalpodautoscaler="users")

    return {
        of("status_current_replicas"): current,
        of("spec_max_replicas"): gauge((HOUR, 6)),
        of("spec_min_replicas"): gauge((HOUR, least)),
    }


AUTOSCALER = [
    RuleStory(
        text="For half an hour a service has its six pods, of two to six.",
        series=autoscaler(gauge((10, 2), (30, 6), (20, 3))),
        alerts=[{**KUBE_STATE, "horizontalpodautoscaler": "users"}],
        at=35,
    ),
    RuleStory(text="For an hour a service has five pods of six.", series=autoscaler(gauge((HOUR, 5)))),
    RuleStory(text="For ten minutes it has all six.", series=autoscaler(gauge((10, 2), (10, 6), (40, 3)))),
    RuleStory(text="A service always has six pods.", series=autoscaler(gauge((HOUR, 6)), least=6)),
]


def ended(reason: str, reasons: str, restarts: str) -> dict[str, str]:
    return {
        series("kube_pod_container_status_last_terminated_reason", pod="users-6d4-x", reason=reason): reasons,
        series("kube_pod_container_status_restarts_total", pod="users-6d4-x"): restarts,
    }


OUT_OF_MEMORY = [
    RuleStory(
        text="A pod is ended at its memory limit, and starts again.",
        series=ended("OOMKilled", gauge((10, None), (50, 1)), gauge((10, 0), (50, 1))),
        alerts=[{"pod": "users-6d4-x"}],
        at=15,
    ),
    RuleStory(
        text="A pod was ended at its memory limit yesterday.",
        series=ended("OOMKilled", gauge((HOUR, 1)), gauge((HOUR, 3))),
    ),
    RuleStory(
        text="A pod ends with an error, and starts again.",
        series=ended("Error", gauge((10, None), (50, 1)), gauge((10, 0), (50, 1))),
    ),
]


def certificates(*, first: str, second: str) -> dict[str, str]:
    return {
        f'tls_certificate_not_after_seconds{{namespace="apps",job="users",pod="{pod}"}}': values
        for pod, values in {"users-6d4-x": first, "users-6d4-y": second}.items()
    }


CERTIFICATE = [
    RuleStory(
        text="The certificate of one of two pods ends in 21 days, and then is renewed.",
        series=certificates(first=gauge((40, 21 * DAY + 600), (20, 90 * DAY)), second=gauge((HOUR, 60 * DAY))),
        alerts=[{"job": "users"}],
        at=35,
    ),
    RuleStory(
        text="The certificates end in 22 and in 60 days.",
        series=certificates(first=gauge((HOUR, 22 * DAY)), second=gauge((HOUR, 60 * DAY))),
    ),
]
READY = {"condition": "Ready", "status": "true"}


def node(ready: str) -> dict[str, str]:
    return {'kube_node_status_condition{node="aks-1",condition="Ready",status="true"}': ready}


NODES = [
    RuleStory(
        text="The kubelet of a node is dead, until the node is replaced.",
        series=node(gauge((10, 1), (20, 0), (30, None))),
        alerts=[{"node": "aks-1", **READY}],
        at=20,
    ),
    RuleStory(text="A node starts again in four minutes.", series=node(gauge((10, 1), (4, 0), (46, 1)))),
    RuleStory(text="A node is taken away.", series=node(gauge((10, 1), (50, None)))),
]
RULES = {
    "PodsCrash": CRASHES,
    "TooFewPodsReady": TOO_FEW,
    "AutoscalerAtItsEnd": AUTOSCALER,
    "OutOfMemory": OUT_OF_MEMORY,
    "CertificateEnds": CERTIFICATE,
    "NodeNotReady": NODES,
}
