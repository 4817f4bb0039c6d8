"""The functions: the account's quota of calls at a time leaves room for what they reserve."""

from __future__ import annotations

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, warned

UNRESERVED = 100
"""The calls at a time that an account must leave unreserved
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)."""
USUAL = 1000
"""The quota of an account that is not new."""
QUOTA = (
    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value"
)


def concurrency(deployment: Deployment) -> Finding:
    """Compares the account's quota with what the functions reserve."""
    limit = int(deployment.ask.aws("lambda", "get-account-settings")["AccountLimit"]["ConcurrentExecutions"])
    functions = deployment.needs.all("aws:lambda/function:Function")
    reserved = sum(int(each.get("reservedConcurrentExecutions") or 0) for each in functions)
    if reserved and limit < reserved + UNRESERVED:
        return failed(
            f"The functions reserve {reserved} calls at a time and {UNRESERVED} must stay unreserved; the account has "
            f"{limit}.",
            f"{QUOTA} {USUAL} (docs/deploy.md, section 2), or a smaller reservedConcurrency",
        )
    if limit < USUAL:
        return warned(f"The account runs {limit} calls at a time: enough to look, not to work.", f"{QUOTA} {USUAL}")
    return passed(f"{limit} calls at a time, of which {reserved} are reserved")


CHECKS = (Check(name="quotas.lambda", look=concurrency),)
