"""The Azure identity of a service's pods: no secret, the cluster vouches for the service account."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.azure.managed_identity import managed_identity
from components.azure.placement import Placement

msi = azure.managedidentity


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    placement: Placement
    """The resource group, region and tags of the identity."""
    issuer_url: Input[str]
    """The cluster's issuer, which signs the tokens of service accounts."""
    namespace: str
    """The Kubernetes namespace of the service account."""


class WorkloadIdentity(ComponentResource):
    """An identity for the pods of the service account that has the component's name."""

    service_account: str
    """The service account's name."""
    client_id: Output[str]
    """The id that pods name when they ask for a token."""
    principal_id: Output[str]
    """The id that roles are granted to."""
    principal_name: Output[str]
    """The name that a database knows the identity by."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:WorkloadIdentity", name, {}, opts)
        self.service_account = name
        identity = managed_identity(name, placement=args.placement, parent=self)
        msi.FederatedIdentityCredential(
            name,
            resource_group_name=args.placement.group_name,
            resource_name_=identity.name,
            issuer=args.issuer_url,
            subject=f"system:serviceaccount:{args.namespace}:{self.service_account}",
            audiences=["api://AzureADTokenExchange"],
            opts=ResourceOptions(parent=self),
        )
        self.client_id, self.principal_id = identity.client_id, identity.principal_id
        self.principal_name = identity.name
        self.register_outputs({"client_id": self.client_id})
