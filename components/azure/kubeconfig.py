"""The kubeconfig with which people and pipelines enter the cluster: as themselves, with tokens of Entra."""

from __future__ import annotations

import base64
import json

import yaml

ENTRA_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application id of AKS in every tenant (https://azure.github.io/kubelogin/concepts/aks.html)."""


def entra_kubeconfig(encoded: str, tenant_id: str) -> str:
    """Returns a kubeconfig that gets its tokens from `kubelogin`, for whoever is logged in to Azure.

    `encoded` is the kubeconfig that Azure gives, in base64: the cluster's address and authority are taken from it.
    """
    cluster = yaml.safe_load(base64.b64decode(encoded))["clusters"][0]["cluster"]
    login = ["get-token", "--login", "azurecli", "--server-id", ENTRA_SERVER, "--tenant-id", tenant_id]
    user = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "kubelogin",
        "args": login,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    address = {key: cluster[key] for key in ("server", "certificate-authority-data")}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "aks",
        "clusters": [{"name": "aks", "cluster": address}],
        "contexts": [{"name": "aks", "context": {"cluster": "aks", "user": "entra"}}],
        "users": [{"name": "entra", "user": {"exec": user}}],
    }
    return json.dumps(config)
