"""The AWS account of the stack, as its file names it: policies need it before anything is made."""

from __future__ import annotations

import re

import pulumi


def account_id() -> str:
    """Raises pulumi.RunError when aws:allowedAccountIds does not name exactly one account by its 12 digits."""
    accounts: list[str] = pulumi.Config("aws").require_object("allowedAccountIds")
    if len(accounts) != 1:
        raise pulumi.RunError(
            "aws:allowedAccountIds must name exactly one account, which owns the stack's keys and topics; it names "
            f"{len(accounts)}. Remove the others."
        )
    if not re.fullmatch(r"\d{12}", str(accounts[0])):
        raise pulumi.RunError(
            f"aws:allowedAccountIds must name an account of AWS by its 12 digits in quotes, not {accounts[0]!r}. "
            "`aws sts get-caller-identity --query Account` shows yours."
        )
    return str(accounts[0])
