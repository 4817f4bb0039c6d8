"""The AWS account of the stack, as its file names it: policies need it before anything is made."""

from __future__ import annotations

import pulumi


def account_id() -> str:
    """Raises pulumi.RunError when aws:allowedAccountIds does not name exactly one account."""
    accounts: list[str] = pulumi.Config("aws").require_object("allowedAccountIds")
    if len(accounts) != 1:
        raise pulumi.RunError(
            "aws:allowedAccountIds must name exactly one account, which owns the stack's keys and topics; it names "
            f"{len(accounts)}. Remove the others."
        )
    return accounts[0]
