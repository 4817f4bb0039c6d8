"""The subscription: what must be registered in it, and the plan that Defender's sensors report to."""

from __future__ import annotations

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned

SECTION = "docs/deploy.md, section 2"
NAMESPACES = {
    "alertsmanagement": ("Microsoft.AlertsManagement",),
    "authorization": (),
    "containerregistry": ("Microsoft.ContainerRegistry",),
    "containerservice": ("Microsoft.ContainerService",),
    "dbforpostgresql": ("Microsoft.DBforPostgreSQL",),
    "managedidentity": ("Microsoft.ManagedIdentity",),
    "monitor": ("Microsoft.Insights", "Microsoft.Monitor"),
    "network": ("Microsoft.Network",),
    "operationalinsights": ("Microsoft.OperationalInsights",),
    "privatedns": ("Microsoft.Network",),
    "resources": (),
}
"""The resource providers of azure-native's modules. Those without one are registered in every subscription
(https://learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers)."""
OF_AZURE_ITSELF = ("Microsoft.Compute", "Microsoft.PolicyInsights", "Microsoft.Security")
"""The providers of what Azure adds: nodes, the cluster's policy add-on, Defender. It may register them by itself."""


def needed(types: set[str]) -> set[str]:
    """Returns the resource providers of types. Raises LookupError for a module that NAMESPACES does not name."""
    modules = {type_.split(":")[1] for type_ in types if type_.startswith("azure-native:")}
    return {namespace for module in modules for namespace in NAMESPACES[module]}


def providers(deployment: Deployment) -> Finding:
    """Looks whether the subscription has registered what the stack uses."""
    own = needed({resource.type for resource in deployment.needs.planned})
    listed = {each["namespace"].casefold(): each["registrationState"] for each in deployment.ask.az("provider", "list")}
    if not listed:
        raise ValueError("no resource provider is listed")
    states = {each: listed.get(each.casefold(), "NotRegistered") for each in sorted({*own, *OF_AZURE_ITSELF})}
    missing = [each for each, state in states.items() if state != "Registered"]
    if not missing:
        return passed(f"all {len(states)} resource providers are registered")
    command = "; ".join(f"az provider register --namespace {each} --wait" for each in missing)
    text = f"The subscription has not registered {', '.join(f'{each} ({states[each]})' for each in missing)}."
    certain = [each for each in missing if each in own and states[each] != "Registering"]
    return failed(text, f"{command} ({SECTION})") if certain else warned(text, f"{command} ({SECTION})")


def defender(deployment: Deployment) -> Finding:
    """Looks for Defender's plan, without which its sensors report to nobody."""
    if not deployment.needs.cluster.get("securityProfile", {}).get("defender"):
        return skipped("the stack has no sensors of Defender (cluster.defender)")
    tier = deployment.ask.az("security", "pricing", "show", "--name", "Containers")["pricingTier"]
    if tier != "Standard":
        return warned(
            f"Defender's plan for containers is {tier}: the sensors report to nobody, and Azure says nothing.",
            f"az security pricing create --name Containers --tier standard ({SECTION})",
        )
    return passed("Defender has a plan for containers")


CHECKS = (Check(name="azure.providers", look=providers), Check(name="azure.defender", look=defender))
