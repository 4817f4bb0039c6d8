"""The contract as it is in the working tree."""

from __future__ import annotations

from typing import Any

import yaml

from tests.support.stack import REPOSITORY

CONTRACT = "app/contract/openapi.yaml"


def document() -> dict[str, Any]:
    """Read anew: tests may change what they are given."""
    content: dict[str, Any] = yaml.safe_load((REPOSITORY / CONTRACT).read_text())
    return content


def operations(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By operationId."""
    return {operation["operationId"]: operation for item in contract["paths"].values() for operation in item.values()}


def all_scopes() -> str:
    """Of every operation, as a token's claim has them."""
    needs = [need for operation in operations(document()).values() for need in operation["security"]]
    return " ".join(sorted({scope for need in needs for scope in need["jwt"]}))
