"""The stories of the alerts of the services: their answers, their roll-outs, and whether they can be seen at all."""

from __future__ import annotations

from tests.unit.components.alarms.cases.cluster import HOUR, KUBE_STATE, READY, node, series
from tests.unit.components.alarms.prometheus import RuleStory, counter, gauge


def answers(status: str, values: str, *, track: str = "stable") -> dict[str, str]:
    labels = f'namespace="apps",job="users",track="{track}",pod="users-{track}",route="/users",status="{status}"'
    return {f"http_request_duration_seconds_count{{{labels}}}": values}


ERRORS = [
    RuleStory(
        text="For twenty minutes one answer of ten is a 500.",
        series={
            **answers("200", counter((10, 60), (20, 54), (30, 60))),
            **answers("500", counter((20, 6), (30, 0), absent=10, first=1)),
        },
        alerts=[{"job": "users", "track": "stable"}],
        at=25,
    ),
    RuleStory(
        text="Every answer of the canary, which gets one call of twenty, is a 503, until it is taken away.",
        series={
            **answers("200", counter((HOUR, 57))),
            **answers("503", f"{counter((20, 3), absent=10, first=1)} {gauge((30, None))}", track="canary"),
        },
        alerts=[{"job": "users", "track": "canary"}],
        at=25,
    ),
    RuleStory(
        text="For an hour one answer of twenty-five is a 500.",
        series={**answers("200", counter((HOUR, 96))), **answers("500", counter((HOUR, 4)))},
    ),
    RuleStory(
        text="Within a minute thirty answers are 503, while a database fails over.",
        series={
            **answers("200", counter((10, 60), (1, 30), (49, 60))),
            **answers("503", counter((10, 0), (1, 30), (49, 0), first=2)),
        },
    ),
    RuleStory(text="Nobody calls.", series={**answers("200", gauge((HOUR, 7))), **answers("500", gauge((HOUR, 3)))}),
]


def roll_out(*, wanted: int, updated: str, pods: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Returns the series of a roll-out, with the ReplicaSet and the samples of each pod."""
    found = {
        series("kube_deployment_spec_replicas", deployment="users"): gauge((HOUR, wanted)),
        series("kube_deployment_status_replicas_updated", deployment="users"): updated,
    }
    for pod, (owner, values) in pods.items():
        found[series("kube_pod_owner", pod=pod, owner_kind="ReplicaSet", owner_name=owner)] = values
        found[series("kube_pod_status_phase", pod=pod, phase="Running")] = values
    return found


ALWAYS = gauge((HOUR, 1))
ROLL_OUTS = [
    RuleStory(
        text="One of three new pods has come when the roll-out hangs for half an hour.",
        series=roll_out(wanted=3, updated=gauge((10, 3), (30, 1), (20, 3)), pods={}),
        alerts=[{**KUBE_STATE, "deployment": "users"}],
        at=35,
    ),
    RuleStory(
        text="A service has one pod, and the new one does not get ready for half an hour.",
        series=roll_out(
            wanted=1,
            updated=gauge((HOUR, 1)),
            pods={
                "users-6d4-x": ("users-6d4", ALWAYS),
                "users-7f5-y": ("users-7f5", gauge((10, None), (30, 1), (20, None))),
            },
        ),
        alerts=[{"deployment": "users"}],
        at=35,
    ),
    RuleStory(
        text="A roll-out takes ten minutes, with a pod more than there should be.",
        series=roll_out(
            wanted=2,
            updated=gauge((10, 2), (5, 0), (5, 1), (40, 2)),
            pods={
                "users-6d4-x": ("users-6d4", gauge((20, 1), (40, None))),
                "users-6d4-y": ("users-6d4", gauge((15, 1), (45, None))),
                "users-7f5-x": ("users-7f5", gauge((10, None), (50, 1))),
                "users-7f5-y": ("users-7f5", gauge((15, None), (45, 1))),
            },
        ),
    ),
    RuleStory(
        text="A canary has as many pods as the service.",
        series={
            **roll_out(wanted=1, updated=ALWAYS, pods={"users-6d4-x": ("users-6d4", ALWAYS)}),
            series("kube_deployment_spec_replicas", deployment="users-canary"): ALWAYS,
            series(
                "kube_pod_owner", pod="users-canary-7f5-x", owner_kind="ReplicaSet", owner_name="users-canary-7f5"
            ): (ALWAYS),
            series("kube_pod_status_phase", pod="users-canary-7f5-x", phase="Running"): ALWAYS,
        },
    ),
]


def seen(*, pod: str = ALWAYS, deployment: str = ALWAYS, ready: str = ALWAYS) -> dict[str, str]:
    """Returns one series of each source of metrics."""
    return {
        'up{namespace="apps",job="users",pod="users-6d4-x"}': pod,
        series("kube_deployment_spec_replicas", deployment="users"): deployment,
        **node(ready),
    }


FOR_HALF_AN_HOUR = gauge((10, 1), (30, None), (20, 1))
MISSING = [
    RuleStory(
        text="The metrics of a pod can't be read for half an hour.",
        series=seen(pod=gauge((10, 1), (30, 0), (20, 1))),
        alerts=[{"namespace": "apps", "job": "users", "pod": "users-6d4-x"}],
        at=35,
    ),
    RuleStory(
        text="Nobody scrapes the pods for half an hour.",
        series=seen(pod=FOR_HALF_AN_HOUR),
        alerts=[{"namespace": "apps"}],
        at=35,
    ),
    RuleStory(
        text="Nobody scrapes what Kubernetes says of the deployments for half an hour.",
        series=seen(deployment=FOR_HALF_AN_HOUR),
        alerts=[{"namespace": "apps"}],
        at=35,
    ),
    RuleStory(
        text="Nobody scrapes what Kubernetes says of the nodes for half an hour.",
        series=seen(ready=FOR_HALF_AN_HOUR),
        alerts=[READY],
        at=35,
    ),
    RuleStory(text="Everything is read.", series=seen()),
    RuleStory(
        text="A pod is replaced by another, whose metrics can't be read for five minutes.",
        series={
            **seen(pod=gauge((15, 1), (45, None))),
            'up{namespace="apps",job="users",pod="users-7f5-y"}': gauge((10, None), (5, 0), (45, 1)),
        },
    ),
]
RULES = {"ServerErrors": ERRORS, "RollOutStuck": ROLL_OUTS, "MetricsMissing": MISSING}
