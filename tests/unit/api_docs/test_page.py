"""The parts of the documentation page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from api_docs import page as documentation
from local import desired
from local.machine import Machine
from tests.support.contract import all_scopes, document, operations
from tests.support.program import ROOT
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


def test_people_sign_in_and_a_token_can_be_pasted_for_every_operation_that_needs_one(machine: Machine) -> None:
    contract, served = operations(document()), documentation.document(machine)
    schemes = served["components"]["securitySchemes"]
    (flow,) = schemes["jwt"]["flows"].values()
    assert flow["authorizationUrl"] == f"{machine.issuer_url}/authorize"
    assert set(flow["scopes"]) == set(all_scopes().split())
    assert (schemes["pasted"]["type"], schemes["pasted"]["scheme"]) == ("http", "bearer")
    for name, operation in operations(served).items():
        needed = contract[name]["security"]
        assert operation["security"] == ([*needed, {"pasted": []}] if needed else []), name


def test_swagger_ui_signs_in_with_pkce_and_comes_back_to_a_page_that_is_served(machine: Machine) -> None:
    pages = documentation.pages(machine)
    start = pages[f"{documentation.PATH}/start.js"]["text"]
    assert f"oauth2RedirectUrl: window.location.origin + '{documentation.RETURN}'" in start
    assert '"validatorUrl": null' in start
    assert '"usePkceWithAuthorizationCodeGrant": true' in start
    assert "swaggerUIRedirectOauth2" in pages[f"{documentation.PATH}/oauth2-redirect.js"]["text"]


def test_the_same_page_is_not_written_twice(machine: Machine) -> None:
    documentation.publish(machine)
    written = desired.path_of(machine, documentation.KEY)
    before = written.stat().st_mtime_ns
    documentation.publish(machine)
    assert written.stat().st_mtime_ns == before


def test_no_request_of_the_form_has_the_key_of_another(machine: Machine) -> None:
    """Swagger UI fills in examples of parameters: with a key, a second product would be the first one again."""
    assert "example" not in documentation.document(machine)["components"]["parameters"]["IdempotencyKey"]


def test_examples_name_what_exists(machine: Machine) -> None:
    contract = document()
    old = contract["components"]["parameters"]["ProductId"]["example"]
    new = "c2f8a1de-7a3b-4c41-8a55-0e6f5d2b9c17"
    assert old in str(operations(contract)["createOrder"]["requestBody"])
    documentation.exemplify(machine, {"ProductId": new})
    served = documentation.document(machine)
    assert new in str(operations(served)["createOrder"]["requestBody"])
    assert old not in str(served)
    page = desired.get(machine, documentation.KEY)
    assert page is not None
    assert new in page["pages"]["/openapi.json"]["text"]


def test_it_is_made_anew_for_another_contract(machine: Machine) -> None:
    documentation.publish(machine)
    (machine.root / documentation.CONTRACT).write_text(yaml.safe_dump({**document(), "info": {"title": "Another"}}))
    documentation.publish(machine)
    published = desired.get(machine, documentation.KEY)
    assert published is not None
    assert published["pages"] == documentation.pages(machine)
    assert "<title>Another</title>" in published["pages"][documentation.PATH]["text"]


def test_fastapi_is_not_loaded_until_a_page_is_made() -> None:
    """Importing it would take a tenth of a run of `up`."""
    command = "import sys; import terminal.commands, api_docs.page; sys.exit('fastapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False).returncode == 0
