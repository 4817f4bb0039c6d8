"""The API's contract as a stack takes it: what can't be deployed is refused before anything is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pulumi

from app.contract.reading import Contract, ContractError


class UndeployableError(pulumi.RunError):
    """The contract has problems, or names something that the stack does not have: one sentence for each problem."""


def read(path: str | Path, *, services: Collection[str]) -> Contract:
    """Returns the contract of an API that is answered by `services`. Raises UndeployableError with every problem."""
    try:
        contract = Contract.read(path)
    except ContractError as error:
        raise UndeployableError(str(error)) from None
    if problems := list(_missing(contract, services)):
        raise UndeployableError("\n".join([f"{path} can't be deployed:", *(f"  {problem}" for problem in problems)]))
    return contract


def _missing(contract: Contract, services: Collection[str]) -> Iterator[str]:
    for operation in contract.operations:
        for call in operation.calls:
            if call.upstream not in services:
                yield (
                    f"{operation.route_key}: x-orchestration.upstream is {call.upstream}, which crosscloud:services "
                    f"does not have; it has {', '.join(sorted(services))}"
                )
