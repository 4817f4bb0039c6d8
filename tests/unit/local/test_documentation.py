"""What the documentation page is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from local import desired, documentation
from local.machine import Machine
from tests.support.contract import document, operations
from tests.unit.local.kubernetes.cluster import clone


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = clone(tmp_path)
    copy = machine.root / documentation.CONTRACT
    copy.parent.mkdir(parents=True)
    copy.write_text(yaml.safe_dump(document()))
    return machine


def test_the_document_is_valid_and_has_every_operation_of_the_contract(machine: Machine) -> None:
    served = documentation.document(machine)
    validate(served)
    assert operations(served).keys() == operations(document()).keys()


def test_a_token_can_be_pasted_for_every_operation_that_needs_one(machine: Machine) -> None:
    contract, served = operations(document()), documentation.document(machine)
    scheme = served["components"]["securitySchemes"]["jwt"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for name, operation in operations(served).items():
        scopes = [scope for need in contract[name]["security"] for scope in need["jwt"]]
        assert operation["security"] == ([{"jwt": []}] if scopes else []), name
        assert all(f"`{scope}`" in operation["description"] for scope in scopes), name
        assert all(scope in scheme["description"] for scope in scopes), name


def test_the_same_page_is_not_written_twice(machine: Machine) -> None:
    documentation.publish(machine)
    written = desired.path_of(machine, documentation.KEY)
    before = written.stat().st_mtime_ns
    documentation.publish(machine)
    assert written.stat().st_mtime_ns == before
