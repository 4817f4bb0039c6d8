"""The Azure identity of a service's pods: no secret, the cluster vouches for the service account."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.managed_identity import managed_identity
from components.cluster import Cluster

msi = azure.managedidentity


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """Pods of the service account named as the component, in `namespace`, have the identity."""

    cluster: Cluster
    namespace: str


class WorkloadIdentity(ComponentResource):
    service_account: str
    client_id: Output[str]
    principal_id: Output[str]
    principal_name: Output[str]

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:WorkloadIdentity", name, {}, opts)
        self.service_account = name
        group = args.cluster.network.group
        identity = managed_identity(name, group=group, parent=self)
        msi.FederatedIdentityCredential(
            name,
            resource_group_name=group.group_name,
            resource_name_=identity.name,
            issuer=args.cluster.issuer_url,
            subject=f"system:serviceaccount:{args.namespace}:{self.service_account}",
            audiences=["api://AzureADTokenExchange"],
            opts=ResourceOptions(parent=self),
        )
        self.client_id, self.principal_id = identity.client_id, identity.principal_id
        self.principal_name = identity.name
        self.register_outputs({"client_id": self.client_id})
