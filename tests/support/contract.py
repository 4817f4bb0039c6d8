"""The contract as it is in the working tree."""

from __future__ import annotations

import copy
import functools
from typing import Any

from app.contract.document import read_yaml
from tests.support.stack import REPOSITORY

CONTRACT = "app/contract/openapi.yaml"


def document() -> dict[str, Any]:
    """Returns a copy of the contract's document, which the caller may change."""
    return copy.deepcopy(_document())


@functools.cache
def _document() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml((REPOSITORY / CONTRACT).read_text())
    return content


def operations(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the operations of a document by their operationId."""
    return {operation["operationId"]: operation for item in contract["paths"].values() for operation in item.values()}


def all_scopes() -> str:
    """Returns the scopes of all operations as the claim `scope` of a token holds them: separated by spaces."""
    requirements = [
        requirement for operation in operations(_document()).values() for requirement in operation["security"]
    ]
    return " ".join(sorted({scope for requirement in requirements for scope in requirement["jwt"]}))
