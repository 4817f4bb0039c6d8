"""The log-ins to both clouds: they must lead to the account and the subscription that the stack's file names."""

from __future__ import annotations

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, warned

IDENTITIES = ("ARM_CLIENT_ID", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID", "ARM_USE_MSI", "ARM_USE_OIDC")
"""Variables that azure-native obeys before it looks for the log-in of `az`
(https://www.pulumi.com/registry/packages/azure-native/installation-configuration/)."""


def aws(deployment: Deployment) -> Finding:
    """Compares the account of the log-in with `aws:allowedAccountIds`, which the provider does too."""
    identity = deployment.ask.aws("sts", "get-caller-identity")
    account, arn = str(identity["Account"]), str(identity["Arn"])
    allowed = [str(each) for each in deployment.needs.config.get("aws:allowedAccountIds", [])]
    if allowed and account not in allowed:
        return failed(
            f"The log-in is to AWS account {account}; aws:allowedAccountIds allows {', '.join(allowed)}.",
            f"log in to the other account, or set aws:allowedAccountIds in {deployment.needs.file}",
        )
    if arn.endswith(":root"):
        return warned(
            f"The log-in to AWS account {account} is its root user, whom no policy bounds.",
            "log in as a role or a person (docs/deploy.md, section 4)",
        )
    return passed(f"AWS account {account}, as {arn.rpartition(':')[2]}")


def azure(deployment: Deployment) -> Finding:
    """Compares subscription and tenant of the log-in with the settings."""
    account = deployment.ask.entra("account", "show")
    differing = [
        f"{name} is {account[member]}, and azure.{setting} is {wanted}"
        for name, member, setting in (
            ("the subscription", "id", "subscriptionId"),
            ("the tenant", "tenantId", "tenantId"),
        )
        if (wanted := str(deployment.needs.azure.get(setting, "")))
        and wanted.casefold() != str(account[member]).casefold()
    ]
    if differing:
        wanted = deployment.needs.azure.get("subscriptionId") or account["id"]
        return failed(
            f"The log-in to Azure leads elsewhere: {'; '.join(differing)}.",
            f"az account set --subscription {wanted}, or mend {deployment.needs.file}",
        )
    if account["state"] != "Enabled":
        return failed(
            f"The subscription {account['id']} is {account['state']}, so that nothing can be made in it.",
            "https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states",
        )
    others = [name for name in IDENTITIES if deployment.environment.get(name)]
    if others:
        return warned(
            f"{', '.join(others)} is set: the provider obeys it, and the checks look at the log-in of az.",
            f"unset {' '.join(others)}, or log az in as the same identity",
        )
    return passed(f"subscription {account['id']}, as {account['user']['name']}")


CHECKS = (Check(name="aws.account", look=aws), Check(name="azure.account", look=azure))
