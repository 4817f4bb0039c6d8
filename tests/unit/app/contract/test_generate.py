import re
import subprocess
import sys
from pathlib import Path

import openapi_spec_validator
import pytest
import yaml

from app.contract import generate, reading
from app.contract.operation import Forward, Operation, Part, Source
from app.contract.reading import ContractError

DOCUMENT = yaml.safe_load(generate.CONTRACT.read_text())
OPERATIONS = list(reading.operations(DOCUMENT))


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


def operation(name: str) -> Operation:
    return next(each for each in OPERATIONS if each.operation_id == name)


def test_the_table_has_what_the_document_says():
    lookup = operation("lookupUser")

    assert lookup.scopes == {"users:read"}
    assert lookup.orchestration.safe
    assert lookup.orchestration.forward == Forward(
        upstream="users",
        method="GET",
        path="/users/{user_id}",
        parameters={"user_id": Source(place="body", name="user_id")},
    )


def test_what_is_checked_and_forwarded_comes_from_path_query_headers_and_body():
    put, invoices = operation("putUser"), operation("listInvoices")

    assert put.path == ("userId",)
    assert put.headers == {"if-match": "If-Match", "if-none-match": "If-None-Match"}
    assert put.orchestration.forward.headers["if-match"] == Source(place="header", name="If-Match")
    assert put.orchestration.forward.body
    assert invoices.query == {"limit": "integer", "cursor": "string"}
    assert invoices.orchestration.forward.query == {
        "user_id": Source(place="path", name="userId"),
        "limit": Source(place="query", name="limit"),
        "cursor": Source(place="query", name="cursor"),
    }


def test_parts_are_calls_of_their_own():
    overview, health = operation("getOverview").orchestration, operation("getHealth").orchestration

    assert overview.forward is None
    assert [(name, part.required) for name, part in overview.parts.items()] == [
        ("user", True), ("invoices", False), ("activity", False)
    ]  # fmt: skip
    assert overview.parts["invoices"] == Part(
        forward=Forward(
            upstream="billing",
            method="GET",
            path="/invoices",
            query={"user_id": Source(place="path", name="userId"), "limit": "5"},
        ),
        select="items",
    )
    assert (overview.only_status, health.only_status) == (False, True)


def test_headers_that_are_replaced_when_they_are_not_valid_are_not_checked():
    for name, schema in reading.parameter_schemas(DOCUMENT).items():
        assert not {each.lower() for each in schema["properties"]} & reading.REPLACED, name


def changed(path: str = "/users", method: str = "post", **forward: object) -> dict:
    document = yaml.safe_load(generate.CONTRACT.read_text())
    document["paths"][path][method]["x-orchestration"] |= forward
    return document


def declared(*parameters: dict) -> dict:
    document = yaml.safe_load(generate.CONTRACT.read_text())
    document["paths"]["/users"]["get"]["parameters"] += parameters
    return document


FAN_OUT = {"path": "/users/{userId}/overview", "method": "get"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (changed(parameters={}), "must name the parameters of /users/{user_id}"),
        (changed(parameters={"user_id": "$response.body#/id"}), "is none of"),
        (changed(parameters={"user_id": "$request.body#/a/b"}), "is none of"),
        (changed(parameters={"user_id": "$request.path.userId"}), "is not among the operation's checked parameters"),
        (changed(query={"limit": "$request.query.limit"}), "is not among the operation's checked parameters"),
        (changed(headers={"X-Request-Id": "$request.header.X-Request-Id"}), "is not among"),
        (changed(body="$request.body#/user"), "body can only be $request.body"),
        (changed(report="status"), "`report` can only be `status`, and of parts"),
        (changed(**FAN_OUT, report="all"), "`report` can only be"),
        (changed(**FAN_OUT, parts={"user": {"upstream": "users", "path": "/users", "method": "POST"}}), "only be GET"),
        (changed(**FAN_OUT, parts={"user": {"upstream": "users", "path": "/users/{id}"}}), "overview: user: "),
        (declared({"name": "a", "in": "cookie", "schema": {}}), "a is in cookie, which is not supported"),
        (declared({"name": "limit", "in": "header", "schema": {}}), "two parameters are called limit"),
        (declared({"name": "a", "in": "query", "schema": {"type": "array"}}), "a is of type array"),
    ],
)
def test_a_forwarding_that_can_not_work_is_refused(document, message):
    with pytest.raises(ContractError, match=re.escape(message)):
        list(reading.operations(document))


@pytest.mark.parametrize("member", ["operationId", "x-throttle", "x-orchestration"])
def test_what_an_operation_lacks_is_told(member):
    document = yaml.safe_load(generate.CONTRACT.read_text())
    del document["paths"]["/users"]["post"][member]

    with pytest.raises(ContractError, match=f"POST /users .*{member}"):
        list(reading.operations(document))


def test_a_path_parameter_that_is_not_declared_is_refused(tmp_path: Path):
    document = yaml.safe_load(generate.CONTRACT.read_text())
    document["paths"]["/users/{userId}"]["get"]["parameters"] = []
    contract = tmp_path / "openapi.yaml"
    contract.write_text(yaml.safe_dump(document))

    with pytest.raises(ContractError, match="userId"):
        generate.generate(contract)


def test_another_functions_operations_are_in_a_table_of_their_own():
    document = yaml.safe_load(generate.CONTRACT.read_text())
    spec = document["paths"]["/users"]["get"]
    del spec["x-orchestration"]
    spec["x-function"] = "another"

    assert [each.route_key for each in reading.operations(document, "another")] == ["GET /users"]
    assert next(reading.operations(document, "another")).orchestration is None
    assert "GET /users" not in {each.route_key for each in reading.operations(document)}
    assert set(reading.parameter_schemas(document, "another")) == {"listUsers"}


@pytest.mark.parametrize("path", [path for path in generate.generate() if path.name == "operations.py"])
def test_the_table_is_laid_out_as_the_formatter_leaves_it(path):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
