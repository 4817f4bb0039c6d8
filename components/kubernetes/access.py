"""Access to a cluster, as a value: what an object in the cluster needs to be declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """The way into one cluster, as whoever deploys."""

    provider: k8s.Provider
    """The provider with the cluster's kubeconfig."""

    def inside(
        self, parent: Resource, *, depends_on: Sequence[Resource] = (), delete_before_replace: bool | None = None
    ) -> ResourceOptions:
        """Returns the options of an object in the cluster (docs/decisions/0012-objects-go-before-their-cluster.md)."""
        return ResourceOptions(
            parent=parent,
            provider=self.provider,
            depends_on=list(depends_on),
            delete_before_replace=delete_before_replace,
        )
