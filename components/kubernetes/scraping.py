"""The services' own metrics, which the cluster's agent of managed Prometheus reads from each pod, by TLS.

The agent takes one ConfigMap and one Secret of fixed names in its own namespace:
https://learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-configuration#tls-based-scraping.
A PodMonitor would be shorter, but its kind comes into the cluster some minutes after the cluster is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.kubernetes.access import ClusterAccess
from components.kubernetes.network_policy import AGENT_NAMESPACE
from components.kubernetes.pod import PORT_NAME

meta, core = k8s.meta.v1, k8s.core.v1

CONFIGURATION, AUTHORITIES = "ama-metrics-prometheus-config", "ama-metrics-mtls-secret"
"""The names of the objects that the agent looks for."""
MOUNTED = "/etc/prometheus/certs"
"""The folder in which the agent has the files of the Secret."""


@dataclass(frozen=True, kw_only=True)
class ScrapingArgs:
    access: ClusterAccess
    """The cluster whose agent is told."""
    namespace: str
    """The namespace of the services' pods."""
    hosts: Mapping[str, str]
    """The names that the services' certificates stand for, by service."""
    port: int | None
    """The pods' TCP port for the agent. None: the one that their containers name."""
    trust: Input[str]
    """The authorities that may have signed those certificates, PEM."""


class Scraping(ComponentResource):
    """The configuration of the agent, and the authorities by which it accepts the pods."""

    def __init__(self, name: str, args: ScrapingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Scraping", name, {}, opts)
        authorities = core.Secret(
            AUTHORITIES,
            metadata=meta.ObjectMetaArgs(name=AUTHORITIES, namespace=AGENT_NAMESPACE),
            # Nothing secret, but the agent mounts a Secret.
            string_data={"ca.crt": Output.secret(args.trust)},
            opts=args.access.inside(self),
        )
        jobs = [_job(service, host, args.namespace, args.port) for service, host in args.hosts.items()]
        core.ConfigMap(
            CONFIGURATION,
            metadata=meta.ObjectMetaArgs(name=CONFIGURATION, namespace=AGENT_NAMESPACE),
            # JSON is YAML.
            data={"prometheus-config": json.dumps({"scrape_configs": jobs}, indent=1)},
            # The agent refuses a configuration that names a file which is not there.
            opts=args.access.inside(self, depends_on=[authorities]),
        )
        self.register_outputs({})


def _job(service: str, host: str, namespace: str, port: int | None) -> dict[str, Any]:
    """Returns a job that reads the pods of one service.

    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
    """
    pod = "__meta_kubernetes_pod"
    elsewhere = {"source_labels": [f"{pod}_ip"], "target_label": "__address__", "replacement": f"$1:{port}"}
    return {
        "job_name": service,
        "scrape_interval": "30s",
        "scheme": "https",
        "metrics_path": "/metrics",
        "tls_config": {"ca_file": f"{MOUNTED}/ca.crt", "server_name": host, "min_version": "TLS12"},
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
        "relabel_configs": [
            {
                "source_labels": [f"{pod}_label_app", f"{pod}_container_port_name"],
                "regex": f"{service};{PORT_NAME}",
                "action": "keep",
            },
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": [f"{pod}_name"], "target_label": "pod"},
            {"source_labels": [f"{pod}_label_track"], "target_label": "track"},
            *([elsewhere] if port else []),
        ],
    }
