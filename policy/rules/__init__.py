"""The rules, one module for each topic."""

from __future__ import annotations

from policy.rule import Rule
from policy.rules import (
    api,
    databases,
    iam,
    identities,
    ingress,
    logs,
    mesh,
    namespaces,
    network,
    pods,
    queues,
    scaling,
    secrets,
    tags,
    types,
    versions,
)
from policy.rules import cluster as clusters

RULES: tuple[Rule, ...] = (
    *api.RULES,
    *clusters.RULES,
    *databases.RULES,
    *iam.RULES,
    *identities.RULES,
    *ingress.RULES,
    *logs.RULES,
    *mesh.RULES,
    *namespaces.RULES,
    *network.RULES,
    *pods.RULES,
    *queues.RULES,
    *scaling.RULES,
    *secrets.RULES,
    *tags.RULES,
    *types.RULES,
    *versions.RULES,
)
