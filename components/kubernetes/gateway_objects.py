"""Objects of the Gateway API and of Envoy Gateway, whose kinds Pulumi has no classes for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Resource

from components.kubernetes.access import ClusterAccess

GATEWAY_API = "gateway.networking.k8s.io"
ENVOY_API = "gateway.envoyproxy.io"
"""The API groups of the kinds."""

VERSIONS = {
    "BackendTLSPolicy": f"{GATEWAY_API}/v1",
    "Gateway": f"{GATEWAY_API}/v1",
    "GatewayClass": f"{GATEWAY_API}/v1",
    "HTTPRoute": f"{GATEWAY_API}/v1",
    "BackendTrafficPolicy": f"{ENVOY_API}/v1alpha1",
    "ClientTrafficPolicy": f"{ENVOY_API}/v1alpha1",
    "EnvoyProxy": f"{ENVOY_API}/v1alpha1",
    "SecurityPolicy": f"{ENVOY_API}/v1alpha1",
}

"""The API version of each kind."""

LISTENER = "https"
"""The name of the Gateway's one listener, which routes attach to."""

Spec = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class GatewayReference:
    """A Gateway as its routes know it."""

    name: str
    """The Gateway's name."""
    namespace: str
    """The Gateway's namespace."""
    host: str
    """The DNS name that the Gateway answers to."""
    ingress: Resource
    """The component that declares the Gateway: what attaches to it is declared after all of that."""


def gateway_object(
    name: str,
    *,
    kind: str,
    spec: Spec,
    namespace: str | None,
    access: ClusterAccess,
    parent: Resource,
    depends_on: Sequence[Resource],
    annotations: Mapping[str, str] | None = None,
) -> k8s.apiextensions.CustomResource:
    """Declares an object. `namespace` is None for a GatewayClass, which belongs to none."""
    return k8s.apiextensions.CustomResource(
        name,
        api_version=VERSIONS[kind],
        kind=kind,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, annotations=annotations),
        spec=spec,
        # A replacement has the same name, so that deleting the old one last would delete the new one
        # (https://github.com/pulumi/pulumi-kubernetes/issues/4522).
        opts=access.inside(parent, depends_on=depends_on, delete_before_replace=True),
    )
