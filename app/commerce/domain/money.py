"""Amounts of money: integers of the currency's minor unit inside, decimal strings with two places outside."""

from __future__ import annotations

import re

LARGEST = 99_999_999_99
"""The contract's largest amount in minor units, which is also what the invoices can hold (DECIMAL(10,2))."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,7})\.([0-9]{2})")


def minor_units(text: str) -> int:
    """Returns 1020 for "10.20". Raises ValueError for a text that the contract's pattern does not allow."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError("An amount has up to eight digits and two places, such as 10.20.")
    return int(match[1] + match[2])


def text(minor: int) -> str:
    """Returns "10.20" for 1020. Raises ValueError outside of 0 to LARGEST."""
    if not 0 <= minor <= LARGEST:
        raise ValueError(f"An amount has 0 to {LARGEST} minor units, got {minor}.")
    return f"{minor // 100}.{minor % 100:02d}"
