"""The spread of pods of one kind over nodes and zones, so that none of these takes all of the pods away."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

meta, core = k8s.meta.v1, k8s.core.v1

OVER = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
"""The labels of nodes over whose values pods are spread."""


def spread(labels: Mapping[str, str]) -> list[core.TopologySpreadConstraintArgs]:
    """Returns the constraints of pods with `labels`.

    Pods say so themselves: where Azure makes nodes for pods, it reads nothing else
    (https://learn.microsoft.com/azure/aks/node-auto-provisioning-node-pools). A pod for which there is no such node
    starts all the same, on another one.
    """
    return [
        core.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.LabelSelectorArgs(match_labels=dict(labels)),
            # Spreads the new pods of a roll-out by themselves.
            match_label_keys=["pod-template-hash"],
        )
        for key in OVER
    ]
