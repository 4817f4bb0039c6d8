"""Rules of the Kubernetes cluster and of the registry that its images come from."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from policy.rule import Finding, Resource, Rule, Stack, expect, items

_CLUSTER = "azure-native:containerservice:ManagedCluster"
_REGISTRY = "azure-native:containerregistry:Registry"
_DIAGNOSTICS = "azure-native:monitor:DiagnosticSetting"
_AKS = "https://learn.microsoft.com/azure/aks"
SHORTEST_PREFIX = 8
"""Bits of the widest address range that may reach an API server: a wider one is no office and no CI."""


def clusters_are_entered_with_entra_only(cluster: Resource) -> Iterator[Finding]:
    for path, do in (
        ("disableLocalAccounts", "Set disable_local_accounts: local accounts are certificates that nobody can revoke."),
        ("enableRBAC", "Set enable_rbac."),
        ("aadProfile.managed", "Set aad_profile.managed."),
        ("aadProfile.enableAzureRBAC", "Set aad_profile.enable_azure_rbac."),
        ("apiServerAccessProfile.disableRunCommand", "Set disable_run_command: it runs commands past the API server."),
        ("oidcIssuerProfile.enabled", "Set oidc_issuer_profile.enabled: pods get identities by it."),
        ("securityProfile.workloadIdentity.enabled", "Set workload_identity: pods need no secrets with it."),
    ):
        yield from expect(cluster, path, True, do=do)


def api_servers_are_not_for_everybody(cluster: Resource) -> Iterator[Finding]:
    path = "apiServerAccessProfile.authorizedIPRanges"
    ranges = items(cluster.get(path))
    if not ranges and cluster.get("apiServerAccessProfile.enablePrivateCluster") is not True:
        yield Finding(
            property=path,
            allowed="name the networks that may connect",
            given=None,
            do="Set cluster.authorizedIpRanges in the stack's file.",
        )
    for network in ranges:
        if "<" not in network and ip_network(network, strict=False).prefixlen < SHORTEST_PREFIX:
            yield Finding(
                property=path,
                allowed=f"hold networks of /{SHORTEST_PREFIX} or longer",
                given=network,
                do="Name offices and CI in cluster.authorizedIpRanges.",
            )


def clusters_enforce_network_policies(cluster: Resource) -> Iterator[Finding]:
    yield from expect(
        cluster,
        "networkProfile.networkPolicy",
        *("cilium", "azure", "calico"),
        do="Set network_policy: without it every NetworkPolicy is accepted and none is enforced.",
    )


def nodes_are_patched(cluster: Resource) -> Iterator[Finding]:
    yield from expect(
        cluster,
        "autoUpgradeProfile.nodeOSUpgradeChannel",
        *("SecurityPatch", "NodeImage"),
        do="Set cluster.nodeOsUpgradeChannel in the stack's file.",
    )
    yield from expect(
        cluster,
        "autoUpgradeProfile.upgradeChannel",
        *("patch", "stable", "rapid"),
        do="Set cluster.upgradeChannel in the stack's file.",
    )


def clusters_have_an_uptime_agreement(cluster: Resource) -> Iterator[Finding]:
    yield from expect(cluster, "sku.tier", "Standard", "Premium", do="Set cluster.tier in the stack's file.")


def clusters_are_audited(stack: Stack) -> Iterator[Finding]:
    kept = {
        log.get("category")
        for setting in stack.of(_DIAGNOSTICS)
        for log in items(setting.get("logs"))
        if log.get("enabled") is True
    }
    for cluster in stack.of(_CLUSTER):
        for category, others in (("kube-audit-admin", {"kube-audit"}), ("guard", set())):
            if not kept & {category, *others}:
                yield Finding(
                    property=f"DiagnosticSetting.logs[{category}]",
                    allowed="be enabled",
                    given=sorted(kept),
                    do="Send it to a workspace (components/cluster_telemetry.py).",
                    resource=cluster,
                )


def clusters_are_guarded(cluster: Resource) -> Iterator[Finding]:
    for path, do in (
        ("addonProfiles.azurepolicy.enabled", "Enable the add-on: it refuses or reports pods that are not confined."),
        ("securityProfile.defender.securityMonitoring.enabled", "Set cluster.defender in the stack's file."),
    ):
        yield from expect(cluster, path, True, do=do)
    yield from expect(
        cluster,
        "nodeResourceGroupProfile.restrictionLevel",
        "ReadOnly",
        do="Set it: the nodes' resource group is AKS's to change.",
    )


def registries_know_identities_only(registry: Resource) -> Iterator[Finding]:
    yield from expect(registry, "adminUserEnabled", False, do="Push and pull with an identity (AcrPush, AcrPull).")
    yield from expect(registry, "anonymousPullEnabled", False, do="Grant AcrPull to the cluster's kubelet identity.")


def registries_are_private(registry: Resource) -> Iterator[Finding]:
    yield from expect(
        registry, "publicNetworkAccess", "Disabled", do="Give it a private endpoint (tier Premium) and set it."
    )


RULES = (
    Rule(
        name="clusters-are-entered-with-entra-only",
        why="Whoever enters has a name, loses the right with the account, and is in the audit log",
        source=f"{_AKS}/manage-local-accounts-managed-azure-ad",
        types=(_CLUSTER,),
        resource=clusters_are_entered_with_entra_only,
    ),
    Rule(
        name="api-servers-are-not-for-everybody",
        why="Few can then use a vulnerability of the API server",
        source=f"{_AKS}/api-server-authorized-ip-ranges",
        types=(_CLUSTER,),
        resource=api_servers_are_not_for_everybody,
    ),
    Rule(
        name="clusters-enforce-network-policies",
        why="A pod that is taken over reaches every other one where nothing enforces the policies",
        source=f"{_AKS}/use-network-policies",
        types=(_CLUSTER,),
        resource=clusters_enforce_network_policies,
    ),
    Rule(
        name="nodes-are-patched",
        why="A known vulnerability of kernel or kubelet stays open until somebody remembers it",
        source=f"{_AKS}/auto-upgrade-node-os-image",
        types=(_CLUSTER,),
        resource=nodes_are_patched,
    ),
    Rule(
        name="clusters-have-an-uptime-agreement",
        why="The Free tier's API server may be unavailable, and is throttled early",
        source=f"{_AKS}/free-standard-pricing-tiers",
        types=(_CLUSTER,),
        resource=clusters_have_an_uptime_agreement,
        production_only=True,
    ),
    Rule(
        name="clusters-are-audited",
        why="No other log shows who changed what in the cluster, and who was let in",
        source=f"{_AKS}/monitor-aks-reference#resource-logs",
        types=(_CLUSTER, _DIAGNOSTICS),
        stack=clusters_are_audited,
    ),
    Rule(
        name="clusters-are-guarded",
        why="Defender notices an intruder on the nodes, and nobody can change the nodes except through the cluster",
        source="https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction",
        types=(_CLUSTER,),
        resource=clusters_are_guarded,
        production_only=True,
    ),
    Rule(
        name="registries-know-identities-only",
        why="The admin user is one password for everybody; anonymous pull publishes the code",
        source="https://learn.microsoft.com/azure/container-registry/container-registry-authentication",
        types=(_REGISTRY,),
        resource=registries_know_identities_only,
    ),
    Rule(
        name="registries-are-private",
        why="A stolen credential then has to be used from within the network",
        source="https://learn.microsoft.com/azure/container-registry/container-registry-private-link",
        types=(_REGISTRY,),
        resource=registries_are_private,
    ),
)
