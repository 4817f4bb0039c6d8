"""Every check, in the order of a report."""

from __future__ import annotations

from delivery.preflight import (
    accounts,
    addresses,
    cluster,
    cost,
    databases,
    directory,
    functions,
    names,
    placeholders,
    rights_aws,
    rights_azure,
    state,
    subjects,
    subscription,
    tools,
)
from delivery.preflight.check import Check

CHECKS: tuple[Check, ...] = (
    *placeholders.CHECKS,
    *tools.CHECKS,
    *accounts.CHECKS,
    *state.CHECKS,
    *rights_aws.CHECKS,
    *rights_azure.CHECKS,
    *directory.CHECKS,
    *subscription.CHECKS,
    *cluster.CHECKS,
    *databases.CHECKS,
    *functions.CHECKS,
    *addresses.CHECKS,
    *names.CHECKS,
    *subjects.CHECKS,
    *cost.CHECKS,
)
