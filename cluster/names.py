"""Names that the code shares with the program, which it may not import: a test holds them equal to the program's."""

from __future__ import annotations

SERVICES = "apps"
"""The namespace of the services."""
INGRESS = "edge"
"""The namespace of the Gateway and its routes' certificates."""
ENVOY = "envoy-gateway-system"
"""The namespace of Envoy Gateway's controller and of every Envoy. It is there already where others installed it."""
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
"""The name by which a GatewayClass says that Envoy Gateway's controller serves it."""
DATABASES = "databases"
"""The namespace of all PostgreSQL servers, which the program does not know: on Azure they are in no cluster."""
EVERY = (SERVICES, INGRESS, DATABASES, ENVOY)
"""All namespaces in which the stack has objects."""
CLAIM_NAMESPACE, CLAIM = "default", "crosscloud"
"""The ConfigMap that says which clone's stack a cluster has. The program does not know it."""
