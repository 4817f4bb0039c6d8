"""Kubernetes manifests of declared resources, as `kubectl apply` takes them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import yaml

Manifest = dict[str, Any]

_CLUSTER_WIDE = frozenset({"Namespace", "GatewayClass"})
"""Kinds without a namespace."""
_OUTPUTS = frozenset({"id", "status"})


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and quotes 12e34: for PyYAML a text, for kubectl and Helm a number."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


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


def as_yaml(document: Any) -> str:
    """Returns a document as YAML that PyYAML, kubectl and Helm read alike. Its keys are in order."""
    return yaml.dump(document, Dumper=_Dumper, width=float("inf"))
