"""Weakened arguments of pods and of their namespaces."""

from __future__ import annotations

from tests.unit.policy.mutations.types import ACCOUNT, CILIUM, CLUSTER, DEPLOYMENT, JOB, NAMESPACE, POLICY
from tests.unit.policy.mutations.ways import APP, Row, to

PODS: tuple[Row, ...] = (
    ("images-are-named-by-digest", DEPLOYMENT, to(f"{APP}.image", "registry.example/users:latest")),
    ("images-are-named-by-digest", DEPLOYMENT, to(f"{APP}.image", "<Image users.name>")),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.privileged", True)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.allowPrivilegeEscalation", True)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.readOnlyRootFilesystem", False)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.capabilities.drop", [])),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.capabilities.add", ["NET_ADMIN"])),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.runAsUser", 0)),
    ("pods-are-confined", DEPLOYMENT, to("spec.template.spec.securityContext.runAsNonRoot", False)),
    ("pods-are-confined", DEPLOYMENT, to("spec.template.spec.securityContext.seccompProfile", None)),
    ("pods-share-nothing-of-the-node", DEPLOYMENT, to("spec.template.spec.hostNetwork", True)),
    ("pods-share-nothing-of-the-node", DEPLOYMENT, to("spec.template.spec.volumes.1", {"name": "t", "hostPath": {}})),
    ("pods-mount-no-token", DEPLOYMENT, to("spec.template.spec.automountServiceAccountToken", True)),
    ("pods-mount-no-token", JOB, to("spec.template.spec.automountServiceAccountToken", True)),
    ("pods-are-confined", JOB, to(f"{APP}.securityContext.allowPrivilegeEscalation", True)),
    ("images-are-named-by-digest", JOB, to(f"{APP}.image", "registry.example/users:latest")),
    ("jobs-end-and-stay", JOB, to("spec.activeDeadlineSeconds", None)),
    ("jobs-end-and-stay", JOB, to("spec.ttlSecondsAfterFinished", 60)),
    ("accounts-mount-no-token", ACCOUNT, to("automountServiceAccountToken", None)),
    ("containers-say-what-they-need", DEPLOYMENT, to(f"{APP}.resources.limits", None)),
    ("namespaces-admit-confined-pods-only", NAMESPACE, to("metadata.labels", {"edge": "true"})),
    ("namespaces-deny-by-default", POLICY, to("spec.policyTypes", ["Ingress"])),
    ("flows-are-named", POLICY, to("spec.ingress", [{"ports": [{"port": 8443}]}])),
    ("flows-are-named", POLICY, to("spec.egress", [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{}]}])),
    ("flows-are-named", POLICY, to("spec.egress", [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 1}]}])),
    ("flows-are-named", POLICY, to("spec.egress.0.ports", [{"protocol": "TCP"}])),
    ("flows-are-named", POLICY, to("spec.egress.0.to", [{"namespaceSelector": {"matchLabels": {}}}])),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.egress.0.toEntities", ["world"])),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.egress.0.toPorts", None)),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.ingress", [{"fromEntities": ["all"]}])),
    ("namespaces-reach-the-nodes-dns", CILIUM, to("metadata.namespace", "another")),
    ("namespaces-reach-the-nodes-dns", CILIUM, to("spec.endpointSelector", {"matchLabels": {"app": "users"}})),
    ("clusters-enforce-network-policies", CLUSTER, to("networkProfile.networkPolicy", "none")),
)
