import sys
from pathlib import Path

import openapi_spec_validator
import pytest
import yaml

from app.contract import generate
from app.contract.operation import Operation, Source

DOCUMENT = yaml.safe_load(generate.CONTRACT.read_text())
OPERATIONS = list(generate.operations(DOCUMENT))


def test_the_contract_is_valid_openapi():
    assert DOCUMENT["openapi"] == "3.0.3"
    openapi_spec_validator.validate(DOCUMENT)


@pytest.mark.parametrize("path", list(generate.generate()), ids=lambda path: path.name)
def test_generated_files_are_current(path):
    assert path.read_text() == generate.generate()[path], "run `python -m app.contract.generate`"


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
    expected = {429, 500, 502, 503, 504} | operation.answers
    expected |= {401, 403} if operation.scopes is not None else set()
    expected |= {400, 413, 415, 422} if operation.max_body is not None else set()
    expected |= {422} if "{" in path else set()

    assert statuses == expected


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route_key)
def test_every_answer_of_every_operation_has_a_schema_and_success_an_example(operation: Operation):
    method, path = operation.route_key.split(" ")
    for status, reference in DOCUMENT["paths"][path][method.lower()]["responses"].items():
        response = DOCUMENT["components"]["responses"][reference["$ref"].rpartition("/")[2]]
        for media in response["content"].values():
            assert "schema" in media
            if int(status) < 300:
                assert media["examples"]


def test_the_table_has_what_the_document_says():
    lookup = next(operation for operation in OPERATIONS if operation.operation_id == "lookupUser")

    assert lookup.scopes == {"users:read"}
    assert lookup.parameters == {"user_id": Source(place="body", name="user_id")}
    assert (lookup.method, lookup.path, lookup.safe) == ("GET", "/users/{user_id}", True)


def changed(**forward: object) -> dict:
    document = yaml.safe_load(generate.CONTRACT.read_text())
    document["paths"]["/users"]["post"]["x-orchestration"] |= forward
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (changed(parameters={}), "must name the parameters of /users/{user_id}"),
        (changed(parameters={"user_id": "$response.body#/id"}), "is none of"),
        (changed(parameters={"user_id": "$request.body#/a/b"}), "is none of"),
    ],
)
def test_a_forwarding_that_can_not_work_is_refused(document, message):
    with pytest.raises(ValueError, match=message.replace("$", r"\$")):
        list(generate.operations(document))


def test_a_path_parameter_that_is_not_declared_is_refused(tmp_path: Path):
    document = yaml.safe_load(generate.CONTRACT.read_text())
    document["paths"]["/users/{userId}"]["get"]["parameters"] = []
    contract = tmp_path / "openapi.yaml"
    contract.write_text(yaml.safe_dump(document))

    with pytest.raises(ValueError, match="userId"):
        generate.generate(contract)
