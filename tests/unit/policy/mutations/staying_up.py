"""Weakened arguments of what keeps the system up, restorable and supported."""

from __future__ import annotations

from tests.unit.policy.mutations.types import (
    BUDGET,
    CLUSTER,
    DEPLOYMENT,
    FUNCTION,
    MAPPING,
    NETWORK,
    POOL,
    PROXY,
    QUEUE,
    RELEASE,
    SCALER,
    SERVER,
    SUBNET,
    TABLE,
)
from tests.unit.policy.mutations.ways import Row, to

STAYING_UP: tuple[Row, ...] = (
    # staying up
    ("autoscalers-own-the-replicas", DEPLOYMENT, to("spec.replicas", 3)),
    ("services-have-two-pods", SCALER, to("spec.minReplicas", 1)),
    ("nodes-can-be-drained", BUDGET, to("spec.maxUnavailable", 0)),
    ("nodes-can-be-drained", BUDGET, to("spec.selector.matchLabels", {"app": "another"})),
    ("roll-outs-keep-capacity", DEPLOYMENT, to("spec.strategy.rollingUpdate.maxUnavailable", 1)),
    ("pods-are-spread", DEPLOYMENT, to("spec.template.spec.topologySpreadConstraints", [])),
    ("pods-are-spread", PROXY, to("spec.provider.kubernetes.envoyDeployment.pod", None)),
    ("pods-are-spread", PROXY, to("spec.provider.kubernetes.envoyDeployment.pod.topologySpreadConstraints.0", {})),
    ("pods-are-spread", RELEASE, to("values.deployment.pod", None)),
    ("networks-leave-subnets-alone", NETWORK, to("subnets", [{"name": "nodes"}])),
    ("servers-reach-storage", SUBNET, to("serviceEndpoints", None)),
    ("servers-can-be-restored", SERVER, to("backup.backupRetentionDays", 1)),
    ("servers-outlive-a-zone", SERVER, to("highAvailability.mode", "Disabled")),
    ("tables-can-be-restored", TABLE, to("pointInTimeRecovery.enabled", False)),
    ("tables-are-not-deleted", TABLE, to("deletionProtectionEnabled", False)),
    ("queues-that-are-read-have-a-dead-letter-queue", QUEUE, to("redrivePolicy", None)),
    ("consumers-lose-nothing", MAPPING, to("functionResponseTypes", [])),
    ("pools-are-not-deleted", POOL, to("deletionProtection", "INACTIVE")),
    ("clusters-have-an-uptime-agreement", CLUSTER, to("sku.tier", "Free")),
    # versions, tags
    ("versions-are-supported", FUNCTION, to("runtime", "python3.7")),
    ("versions-are-supported", CLUSTER, to("kubernetesVersion", "1.26")),
    ("versions-are-supported", SERVER, to("version", "11")),
    ("versions-are-supported", RELEASE, to("version", "v1.2.0")),
    ("charts-are-pinned", RELEASE, to("version", "latest")),
    ("nodes-are-patched", CLUSTER, to("autoUpgradeProfile.nodeOSUpgradeChannel", "None")),
    ("azure-resources-are-tagged", CLUSTER, to("tags", {"project": "crosscloud"})),
)
