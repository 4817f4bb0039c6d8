"""The Kubernetes cluster (AKS): entered with Entra identities only, no local account, no credential in the state."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, InvokeOutputOptions, Output, ResourceOptions

from components.azure.kubeconfig import entra_kubeconfig
from components.azure.maintenance import Upkeep, UpkeepArgs
from components.azure.managed_identity import managed_identity
from components.azure.monitoring import Monitoring
from components.azure.node_pool import autoscaler, system_pool
from components.azure.roles import Role, grant
from components.kubernetes.access import ClusterAccess
from components.kubernetes.mesh import Mesh
from components.network import Network
from components.registry import Registry
from components.settings.cluster import ClusterSettings

aks = azure.containerservice


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    network: Network
    """The network whose subnets the nodes and the API server are in."""
    registry: Registry
    """The registry that the nodes may pull images from."""
    monitoring: Monitoring
    """The resource group, region and tags of the cluster, and the store of its containers' logs."""
    settings: ClusterSettings
    """Version, nodes and upgrades: the group `cluster` of the stack's file."""
    protect: bool
    """True if an engine refuses to delete or replace the cluster."""


class Cluster(ComponentResource):
    """A cluster that has the name of its resource place."""

    cluster_id: Output[str]
    """The cluster's resource id."""
    cluster_name: Output[str]
    """The cluster's name."""
    issuer_url: Output[str]
    """The issuer of the pods' tokens, which Azure accepts for the identities that trust it."""
    access: ClusterAccess
    """The way into the cluster."""
    mesh: Mesh | None
    """The service mesh that its pods may join. None: there is none."""

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Cluster", name, {}, opts)
        self._args = args
        cluster = self._cluster(name)
        Upkeep(
            name,
            UpkeepArgs(placement=args.monitoring.placement, cluster=cluster, settings=args.settings),
            ResourceOptions(parent=self),
        )
        provider = k8s.Provider(
            name,
            kubeconfig=self._kubeconfig(cluster),
            # The objects stay when the kubeconfig changes: they are told apart by their cluster.
            cluster_identifier=cluster.id,
            enable_server_side_apply=True,
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=ResourceOptions(parent=self),
        )
        self.cluster_id, self.cluster_name = cluster.id, cluster.name
        self.issuer_url = cluster.oidc_issuer_profile.apply(lambda profile: (profile and profile.issuer_url) or "")
        self.access = ClusterAccess(provider=provider)
        revisions = args.settings.mesh_revisions
        self.mesh = Mesh(revision=revisions[-1]) if revisions else None
        self.register_outputs({"cluster_name": self.cluster_name})

    def _cluster(self, name: str) -> aks.ManagedCluster:
        """Declares the cluster, with the identities of its control plane and its nodes and what these may do."""
        args, settings, addresses, place = (
            self._args,
            self._args.settings,
            self._args.network.addresses,
            self._args.monitoring.placement,
        )
        control_plane, kubelet = (
            managed_identity(f"{name}-{kind}", placement=place, parent=self) for kind in ("control-plane", "kubelet")
        )
        grants = [
            grant(
                f"{name}-{role.name.lower().replace('_', '-')}", role=role, to=to, on=on, placement=place, parent=self
            )
            for role, to, on in (
                (Role.MANAGED_IDENTITY_OPERATOR, control_plane.principal_id, kubelet.id),
                # For the nodes' subnet and the ingress's address.
                (Role.NETWORK_CONTRIBUTOR, control_plane.principal_id, place.group_id),
                (Role.ACR_PULL, kubelet.principal_id, args.registry.registry_id),
            )
        ]
        return aks.ManagedCluster(
            name,
            resource_group_name=place.group_name,
            location=place.location,
            resource_name_=place.plain_name,
            dns_prefix=place.plain_name,
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
                tenant_id=place.tenant_id,
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
                defender=_defender(args.monitoring) if settings.defender else None,
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
            agent_pool_profiles=[system_pool(settings, place.zones, args.network.nodes_subnet_id)],
            auto_scaler_profile=autoscaler(settings),
            node_provisioning_profile=aks.ManagedClusterNodeProvisioningProfileArgs(
                mode="Auto" if settings.node_auto_provisioning else "Manual",
                default_node_pools="Auto" if settings.node_auto_provisioning else None,
            ),
            service_mesh_profile=_service_mesh(settings),
            auto_upgrade_profile=aks.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel=settings.node_os_upgrade_channel
            ),
            addon_profiles={
                "azurepolicy": aks.ManagedClusterAddonProfileArgs(enabled=True),
                "omsagent": aks.ManagedClusterAddonProfileArgs(
                    enabled=True,
                    config={"logAnalyticsWorkspaceResourceID": args.monitoring.logs_id, "useAADAuth": "true"},
                ),
            },
            azure_monitor_profile=aks.ManagedClusterAzureMonitorProfileArgs(
                metrics=aks.ManagedClusterAzureMonitorProfileMetricsArgs(enabled=True)
            ),
            metrics_profile=aks.ManagedClusterMetricsProfileArgs(
                cost_analysis=aks.ManagedClusterCostAnalysisArgs(enabled=settings.tier != "Free")
            ),
            node_resource_group_profile=aks.ManagedClusterNodeResourceGroupProfileArgs(restriction_level="ReadOnly"),
            tags=place.tags,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                # The addresses outlive the load balancer, which goes with the cluster.
                depends_on=[*grants, args.network],
                # The autoscaler sets it. The versions that Azure upgrades to are outputs: nothing names them here.
                ignore_changes=[] if settings.node_auto_provisioning else ["agentPoolProfiles[*].count"],
            ),
        )

    def _kubeconfig(self, cluster: aks.ManagedCluster) -> Output[str]:
        """Returns a kubeconfig that is built anew, because what Azure returns asks a person to log in."""
        place = self._args.monitoring.placement
        # The plain names keep the kubeconfig known while the cluster is being updated.
        answer = aks.list_managed_cluster_user_credentials_output(
            resource_group_name=place.plain_name,
            resource_name=place.plain_name,
            format="exec",
            opts=InvokeOutputOptions(parent=self, depends_on=[cluster]),
        )
        encoded = answer.kubeconfigs.apply(lambda kubeconfigs: kubeconfigs[0].value)
        return Output.secret(Output.all(encoded, place.tenant_id).apply(lambda values: entra_kubeconfig(*values)))


def _service_mesh(settings: ClusterSettings) -> aks.ServiceMeshProfileArgs | None:
    """Returns the add-on of Istio, without a gateway of its own."""
    if settings.service_mesh == "none":
        return None
    istio = aks.IstioServiceMeshArgs(revisions=list(settings.mesh_revisions))
    return aks.ServiceMeshProfileArgs(mode="Istio", istio=istio)


def _defender(monitoring: Monitoring) -> aks.ManagedClusterSecurityProfileDefenderArgs:
    """Returns the settings of Microsoft Defender, which watches what runs on the nodes."""
    return aks.ManagedClusterSecurityProfileDefenderArgs(
        log_analytics_workspace_resource_id=monitoring.logs_id,
        security_monitoring=aks.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(enabled=True),
    )
