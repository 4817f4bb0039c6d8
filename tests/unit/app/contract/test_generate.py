import subprocess
import sys

import openapi_spec_validator
import pytest

from app.contract import document, generate
from app.contract.operation import ORCHESTRATOR, Operation
from app.contract.reading import Contract

DOCUMENT = document.load(generate.CONTRACT)
OPERATIONS = Contract.of(DOCUMENT).answered_by(ORCHESTRATOR)


def test_the_contract_is_valid_openapi():
    assert DOCUMENT["openapi"] == "3.0.3"
    openapi_spec_validator.validate(DOCUMENT)


def test_generated_files_are_current():
    stale = [path for path, text in generate.generate().items() if path.read_text() != text]
    assert stale == [], "run `python -m app.contract.generate`"


def test_check_tells_a_stale_file_and_writes_nothing(monkeypatch, capsys, tmp_path):
    stale = tmp_path / "operations.py"
    stale.write_text("old")
    monkeypatch.setattr(generate, "generate", lambda: {stale: "new"})

    monkeypatch.setattr(sys, "argv", ["generate", "--check"])
    assert generate.main() == 1
    assert stale.read_text() == "old"
    assert str(stale) in capsys.readouterr().err

    monkeypatch.setattr(sys, "argv", ["generate"])
    assert generate.main() == 0
    assert stale.read_text() == "new"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route_key)
def test_every_operation_documents_what_it_can_answer(operation: Operation):
    method, path = operation.route_key.split(" ")
    spec = DOCUMENT["paths"][path][method.lower()]
    statuses = {int(status) for status in spec["responses"]}
    expected = {400, 429, 500, 502, 503, 504} | operation.orchestration.answers
    expected |= {401, 403} if operation.scopes is not None else set()
    expected |= {413, 415} if operation.max_body is not None else set()
    expected |= {422}  # such as for a parameter of the query that is not known

    assert statuses == expected


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route_key)
def test_every_answer_of_every_operation_has_a_schema_and_success_an_example(operation: Operation):
    method, path = operation.route_key.split(" ")
    for status, reference in DOCUMENT["paths"][path][method.lower()]["responses"].items():
        response = DOCUMENT["components"]["responses"][reference["$ref"].rpartition("/")[2]]
        assert "content" in response or status == "204"
        for media in response.get("content", {}).values():
            assert "schema" in media
            if int(status) < 300:
                assert media["examples"]


@pytest.mark.parametrize("path", [path for path in generate.generate() if path.name == "operations.py"])
def test_the_table_is_laid_out_as_the_formatter_leaves_it(path):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
