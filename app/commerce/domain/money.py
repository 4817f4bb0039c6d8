"""Amounts of money: integers of the currency's minor unit inside, decimal strings with two places outside."""

from __future__ import annotations

import re

LARGEST = 99_999_999_99
"""The contract's largest amount in minor units, which is also what the invoices can hold (DECIMAL(10,2))."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,7})\.([0-9]{2})")


def minor_units(text: str) -> int:
    """1020 of "10.20". Raises ValueError for what the contract's pattern does not allow."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError("An amount has up to eight digits and two places, such as 10.20.")
    return int(found[1] + found[2])


def text(minor: int) -> str:
    """ "10.20" of 1020. Raises ValueError outside of 0 to LARGEST."""
    if not 0 <= minor <= LARGEST:
        raise ValueError(f"An amount has 0 to {LARGEST} minor units, got {minor}.")
    return f"{minor // 100}.{minor % 100:02d}"
