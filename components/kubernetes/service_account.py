"""Service accounts, each of which stands for an Azure identity and for nothing in the cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, ResourceOptions

meta, core = k8s.meta.v1, k8s.core.v1


@dataclass(frozen=True, kw_only=True)
class Account:
    """A service account, with the Azure identity that it stands for."""

    name: str
    """The service account's name."""
    client_id: Input[str]
    """The identity's client id."""


def service_account(account: Account, namespace: str, opts: ResourceOptions) -> core.ServiceAccount:
    """Declares the service account. Its pods get a token for Azure, and none for the cluster's API."""
    return core.ServiceAccount(
        account.name,
        metadata=meta.ObjectMetaArgs(
            name=account.name,
            namespace=namespace,
            annotations={"azure.workload.identity/client-id": account.client_id},
        ),
        automount_service_account_token=False,
        opts=opts,
    )
