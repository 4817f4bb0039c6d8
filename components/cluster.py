"""The Kubernetes cluster (AKS): entered with Entra identities only, no local account, no credential in the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, InvokeOutputOptions, Output, Resource, ResourceOptions

from components.azure.kubeconfig import entra_kubeconfig
from components.azure.maintenance import Upkeep, UpkeepArgs
from components.azure.managed_identity import managed_identity
from components.azure.node_pool import autoscaler, system_pool
from components.azure.roles import Role, grant
from components.network import Network
from components.registry import Registry
from components.settings.azure import ClusterSettings
from components.workspaces import Workspaces

aks = azure.containerservice


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """With `protect` nobody deletes or replaces the cluster by mistake."""

    network: Network
    registry: Registry
    workspaces: Workspaces
    settings: ClusterSettings
    protect: bool


class Cluster(ComponentResource):
    """Named as its resource group."""

    network: Network
    registry: Registry
    workspaces: Workspaces
    resource: aks.ManagedCluster
    kubernetes: k8s.Provider
    issuer_url: Output[str]
    """Signs the pods' tokens, which Azure accepts for the identities that trust it."""
    cluster_name: Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Cluster", name, {}, opts)
        self._args, self._group = args, args.network.group
        self.network, self.registry, self.workspaces = args.network, args.registry, args.workspaces
        self.resource = self._cluster(name)
        self.cluster_name = self.resource.name
        Upkeep(
            name,
            UpkeepArgs(group=self._group, cluster=self.resource, settings=args.settings),
            ResourceOptions(parent=self),
        )
        self.issuer_url = self.resource.oidc_issuer_profile.apply(
            lambda profile: (profile and profile.issuer_url) or ""
        )
        self.kubernetes = k8s.Provider(
            name,
            kubeconfig=self._kubeconfig(),
            # The objects stay when the kubeconfig changes: they are told apart by their cluster.
            cluster_identifier=self.resource.id,
            enable_server_side_apply=True,
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({"cluster_name": self.cluster_name})

    def inside(
        self, parent: Resource, *, depends_on: Sequence[Resource] = (), delete_before_replace: bool | None = None
    ) -> ResourceOptions:
        """Options of an object in the cluster (docs/decisions/0012-objects-go-before-their-cluster.md)."""
        return ResourceOptions(
            parent=parent,
            provider=self.kubernetes,
            depends_on=list(depends_on),
            delete_before_replace=delete_before_replace,
        )

    def _cluster(self, name: str) -> aks.ManagedCluster:
        args, settings, addresses, group = self._args, self._args.settings, self._args.network.addresses, self._group
        control_plane, kubelet = (
            managed_identity(f"{name}-{kind}", group=group, parent=self) for kind in ("control-plane", "kubelet")
        )
        grants = [
            grant(f"{name}-{role.name.lower().replace('_', '-')}", role=role, to=to, on=on, group=group, parent=self)
            for role, to, on in (
                (Role.MANAGED_IDENTITY_OPERATOR, control_plane.principal_id, kubelet.id),
                # For the nodes' subnet and the ingress's address.
                (Role.NETWORK_CONTRIBUTOR, control_plane.principal_id, group.scope),
                (Role.ACR_PULL, kubelet.principal_id, args.registry.registry_id),
            )
        ]
        return aks.ManagedCluster(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            resource_name_=group.plain_name,
            dns_prefix=group.plain_name,
            kubernetes_version=settings.kubernetes_version,
            sku=aks.ManagedClusterSKUArgs(name="Base", tier=settings.tier),
            support_plan="AKSLongTermSupport" if settings.tier == "Premium" else "KubernetesOfficial",
            identity=aks.ManagedClusterIdentityArgs(
                type=aks.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[control_plane.id]
            ),
            identity_profile={
                "kubeletidentity": aks.UserAssignedIdentityArgs(
                    resource_id=kubelet.id, client_id=kubelet.client_id, object_id=kubelet.principal_id
                )
            },
            enable_rbac=True,
            disable_local_accounts=True,
            aad_profile=aks.ManagedClusterAADProfileArgs(
                managed=True,
                enable_azure_rbac=True,
                tenant_id=group.tenant_id,
                admin_group_object_ids=[str(id_) for id_ in settings.admin_group_object_ids],
            ),
            api_server_access_profile=aks.ManagedClusterAPIServerAccessProfileArgs(
                # The nodes come from outside too, when they have an address of their own.
                authorized_ip_ranges=[*map(str, settings.authorized_ip_ranges), *args.network.outbound_networks],
                disable_run_command=True,
                enable_vnet_integration=args.network.api_server_subnet_id is not None,
                subnet_id=args.network.api_server_subnet_id,
            ),
            oidc_issuer_profile=aks.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=aks.ManagedClusterSecurityProfileArgs(
                workload_identity=aks.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
                image_cleaner=aks.ManagedClusterSecurityProfileImageCleanerArgs(enabled=True, interval_hours=168),
                defender=_defender(args.workspaces) if settings.defender else None,
            ),
            network_profile=aks.ContainerServiceNetworkProfileArgs(
                network_plugin="azure",
                network_plugin_mode="overlay",
                network_dataplane="cilium",
                network_policy="cilium",
                load_balancer_sku="standard",
                outbound_type="userAssignedNATGateway" if addresses.outbound == "natGateway" else "loadBalancer",
                pod_cidr=str(addresses.pods),
                service_cidr=str(addresses.services),
                dns_service_ip=str(addresses.dns_service),
            ),
            agent_pool_profiles=[system_pool(settings, group.zones, args.network.nodes_subnet_id)],
            auto_scaler_profile=autoscaler(settings),
            node_provisioning_profile=aks.ManagedClusterNodeProvisioningProfileArgs(
                mode="Auto" if settings.node_auto_provisioning else "Manual",
                default_node_pools="Auto" if settings.node_auto_provisioning else None,
            ),
            auto_upgrade_profile=aks.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel=settings.node_os_upgrade_channel
            ),
            addon_profiles={
                "azurepolicy": aks.ManagedClusterAddonProfileArgs(enabled=True),
                "omsagent": aks.ManagedClusterAddonProfileArgs(
                    enabled=True,
                    config={"logAnalyticsWorkspaceResourceID": args.workspaces.logs_id, "useAADAuth": "true"},
                ),
            },
            azure_monitor_profile=aks.ManagedClusterAzureMonitorProfileArgs(
                metrics=aks.ManagedClusterAzureMonitorProfileMetricsArgs(enabled=True)
            ),
            metrics_profile=aks.ManagedClusterMetricsProfileArgs(
                cost_analysis=aks.ManagedClusterCostAnalysisArgs(enabled=settings.tier != "Free")
            ),
            node_resource_group_profile=aks.ManagedClusterNodeResourceGroupProfileArgs(restriction_level="ReadOnly"),
            tags=group.tags,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                # The addresses outlive the load balancer, which goes with the cluster.
                depends_on=[*grants, args.network],
                # The autoscaler's. Azure's own versions of nodes and Kubernetes are outputs: nothing names them here.
                ignore_changes=[] if settings.node_auto_provisioning else ["agentPoolProfiles[*].count"],
            ),
        )

    def _kubeconfig(self) -> Output[str]:
        """Built anew, because what Azure returns asks a person to log in."""
        group = self._group
        # The plain names keep the kubeconfig known while the cluster is being updated.
        answer = aks.list_managed_cluster_user_credentials_output(
            resource_group_name=group.plain_name,
            resource_name=group.plain_name,
            format="exec",
            opts=InvokeOutputOptions(parent=self, depends_on=[self.resource]),
        )
        encoded = answer.kubeconfigs.apply(lambda kubeconfigs: kubeconfigs[0].value)
        return Output.secret(Output.all(encoded, group.tenant_id).apply(lambda values: entra_kubeconfig(*values)))


def _defender(workspaces: Workspaces) -> aks.ManagedClusterSecurityProfileDefenderArgs:
    return aks.ManagedClusterSecurityProfileDefenderArgs(
        log_analytics_workspace_resource_id=workspaces.logs_id,
        security_monitoring=aks.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(enabled=True),
    )
