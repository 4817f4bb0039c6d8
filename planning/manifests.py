"""Kubernetes manifests of declared resources, as `kubectl apply` takes them."""

from __future__ import annotations

import hashlib
from typing import Any

Manifest = dict[str, Any]

_CLUSTER_WIDE = frozenset({"Namespace", "GatewayClass"})
"""Kinds without a namespace."""
_OUTPUTS = frozenset({"id", "status"})


def manifest_of(properties: Manifest, name: str) -> Manifest:
    """Returns the manifest in a resource's properties, whose Pulumi name is `name`.

    An object that has no name gets one that follows from the Pulumi name, and one without a namespace gets `default`.
    """
    metadata = dict(properties.get("metadata") or {})
    metadata.setdefault("name", f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}")
    if properties["kind"] not in _CLUSTER_WIDE:
        metadata.setdefault("namespace", "default")
    return {**{key: value for key, value in properties.items() if key not in _OUTPUTS}, "metadata": metadata}


def status_of(kind: str) -> Manifest:
    """Returns what the program reads in the status of an object that is ready."""
    if kind != "Gateway":
        return {}
    programmed = {"type": "Programmed", "status": "True", "reason": "Programmed"}
    return {"addresses": [{"type": "Hostname", "value": "localhost"}], "conditions": [programmed]}
