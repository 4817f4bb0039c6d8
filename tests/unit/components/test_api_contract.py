from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from app.contract.reading import Contract
from components import api_contract
from tests.support.program import ROOT

PATH = ROOT / "app/contract/openapi.yaml"
SERVICES = Contract.read(PATH).services


def test_the_public_contract_can_be_deployed() -> None:
    deployable = api_contract.read(PATH, services=SERVICES)
    assert deployable == Contract.read(PATH)
    assert {operation.route_key for operation in deployable.operations if not operation.scopes} == {"GET /health"}


def test_every_service_that_the_stack_lacks_is_named_with_its_operations() -> None:
    *others, gone = SERVICES
    calls = [o for o in Contract.read(PATH).operations if any(call.upstream == gone for call in o.calls)]
    with pytest.raises(api_contract.UndeployableError, match="can't be deployed") as error:
        api_contract.read(PATH, services=others)
    problems = str(error.value).splitlines()[1:]
    assert len(problems) == len(calls)
    for operation, problem in zip(calls, problems, strict=True):
        assert operation.route_key in problem
        assert f"is {gone}, which crosscloud:services does not have; it has {', '.join(others)}" in problem


def test_problems_of_the_document_are_shown_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("paths: {/x: {get: {x-function: orders}}}")
    with pytest.raises(pulumi.RunError) as error:
        api_contract.read(path, services=SERVICES)
    assert str(error.value).splitlines() == [
        f"{path} is not valid:",
        "  GET /x has no operationId, which names its route",
        "  GET /x has no `security`; a public operation says so with `security: []`",
    ]
