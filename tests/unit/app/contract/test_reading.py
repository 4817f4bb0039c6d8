"""The one typed reader of the contract: what it reads, and what it refuses."""

import copy
import re
import textwrap
from pathlib import Path

import pytest

from app.contract import generate
from app.contract.document import load, parse
from app.contract.operation import ORCHESTRATOR, Forward, Operation, Part, Source, Throttle
from app.contract.operation_reading import REPLACED
from app.contract.reading import Contract, ContractError

DOCUMENT = load(generate.CONTRACT)
CONTRACT = Contract.of(DOCUMENT)


def operation(name: str) -> Operation:
    return next(each for each in CONTRACT.operations if each.operation_id == name)


def test_the_table_has_what_the_document_says():
    lookup = operation("lookupUser")

    assert lookup.security == ({"users:read"}, {"staff:users:read"})
    assert lookup.owner == Source(place="body", name="user_id")
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
    for name, schema in CONTRACT.parameters.items():
        assert not {each.lower() for each in schema["properties"]} & REPLACED, name


def changed(path: str = "/users", method: str = "post", **forward: object) -> dict:
    document = copy.deepcopy(DOCUMENT)
    document["paths"][path][method]["x-orchestration"] |= forward
    return document


def declared(*parameters: dict) -> dict:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/users"]["get"]["parameters"] += parameters
    return document


FAN_OUT = {"path": "/users/{userId}/overview", "method": "get"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (changed(parameters={}), "must name the parameters of /users/{user_id} in x-orchestration.parameters"),
        (changed(parameters={"user_id": "$response.body#/id"}), "is none of"),
        (changed(parameters={"user_id": "$request.body#/a/b"}), "is none of"),
        (changed(parameters={"user_id": "$request.path.userId"}), "is not among the operation's checked parameters"),
        (changed(query={"limit": "$request.query.limit"}), "is not among the operation's checked parameters"),
        (changed(headers={"X-Request-Id": "$request.header.X-Request-Id"}), "is not among"),
        (changed(body="$request.body#/user"), "x-orchestration.body only as $request.body"),
        (changed(report="status"), "only as `status`, and only with parts"),
        (changed(**FAN_OUT, report="all"), "`report` in x-orchestration only as `status`"),
        (
            changed(**FAN_OUT, parts={"user": {"upstream": "users", "path": "/users", "method": "POST"}}),
            "only be a GET",
        ),
        (
            changed(**FAN_OUT, parts={"user": {"upstream": "users", "path": "/users/{id}"}}),
            "in x-orchestration.parts.user.parameters",
        ),
        (declared({"name": "a", "in": "cookie", "schema": {}}), "the parameter a in cookie, which is not supported"),
        (declared({"name": "limit", "in": "header", "schema": {}}), "two parameters that are called limit"),
        (declared({"name": "a", "in": "query", "schema": {"type": "array"}}), "a of type array"),
    ],
)
def test_a_forwarding_that_can_not_work_is_refused(document, message):
    with pytest.raises(ContractError, match=re.escape(message)):
        Contract.of(document)


@pytest.mark.parametrize("member", ["operationId", "security", "x-orchestration"])
def test_what_an_operation_lacks_is_named(member):
    document = copy.deepcopy(DOCUMENT)
    del document["security"], document["paths"]["/users"]["post"][member]

    with pytest.raises(ContractError, match=f"POST /users .*{member}"):
        Contract.of(document)


def test_a_path_parameter_that_is_not_declared_is_refused():
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/users/{userId}"]["get"]["parameters"] = []

    with pytest.raises(ContractError, match="userId"):
        Contract.of(document)


def test_another_functions_operations_are_in_a_table_of_their_own():
    document = copy.deepcopy(DOCUMENT)
    spec = document["paths"]["/users"]["get"]
    del spec["x-orchestration"]
    spec["x-function"] = "another"

    contract = Contract.of(document)
    assert [each.route_key for each in contract.answered_by("another")] == ["GET /users"]
    assert contract.answered_by("another")[0].orchestration is None
    assert "GET /users" not in {each.route_key for each in contract.answered_by(ORCHESTRATOR)}
    assert contract.functions == tuple(sorted({*CONTRACT.functions, "another"}))


SMALL = """
    openapi: 3.0.3
    security: [{jwt: ["staff:all"]}]
    paths:
      /users:
        post:
          operationId: lookupUser
          security: [{jwt: ["users:read"]}]
          x-owner: nobody
          x-throttle: {rate: 5, burst: 10}
          x-orchestration: {upstream: users, method: GET, path: /users, timeout: 3, safe: true, answers: [200]}
      /users/{userId}/invoices:
        parameters: [{name: userId, in: path, schema: {type: string}}]
        get:
          operationId: listInvoices
          x-orchestration: {upstream: billing, method: GET, path: /invoices, timeout: 3, safe: true, answers: [200]}
      /health:
        get:
          operationId: health
          security: []
          x-orchestration:
            timeout: 3
            safe: true
            answers: [200]
            parts:
              users: {upstream: users, path: /health/users}
              billing: {upstream: billing, path: /health/billing}
      /orders:
        post:
          operationId: createOrder
          parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
          x-function: orders
"""


def small(old: str = "", new: str = "") -> Contract:
    assert old in SMALL
    return Contract.of(parse(textwrap.dedent(SMALL.replace(old, new, 1)), source="small"))


def test_operations_become_routes():
    lookup, invoices, health, orders = small().operations
    assert (lookup.route_key, lookup.method, lookup.scopes) == ("POST /users", "POST", {"users:read"})
    assert lookup.throttle == Throttle(rate=5.0, burst=10)
    assert (invoices.route_key, invoices.throttle) == ("GET /users/{userId}/invoices", None)
    assert [(call.upstream, call.path) for call in health.calls] == [
        ("users", "/health/users"), ("billing", "/health/billing")
    ]  # fmt: skip
    assert lookup.function == health.function == "orchestrator"
    assert (orders.function, orders.calls) == ("orders", ())


def test_functions_that_answer_are_known():
    assert small().functions == ("orchestrator", "orders")


def test_operation_without_security_of_its_own_needs_a_token():
    _, invoices, health, _ = small().operations
    assert invoices.scopes == {"staff:all"}
    assert health.scopes is None


def test_services_are_found_by_the_first_segment_of_their_internal_paths_and_by_their_health():
    assert small().services == ("billing", "users")
    assert small().prefixes("users") == ("/health/users", "/users")
    assert small().prefixes("billing") == ("/health/billing", "/invoices")
    assert small().prefixes("analytics") == ()


def test_scopes_of_all_operations_are_known():
    assert small().scopes == ("staff:all", "users:read")


def test_operations_that_take_an_idempotency_key_are_known_by_their_function():
    assert small().idempotent("orders") == ("createOrder",)
    assert small().idempotent(ORCHESTRATOR) == ()


BROKEN = [
    ('security: [{jwt: ["staff:all"]}]', "", "GET /users/{userId}/invoices has no `security`"),
    ('{jwt: ["users:read"]}', "{key: []}", "POST /users must have only alternatives of the scheme jwt in `security`"),
    ('[{jwt: ["users:read"]}]', "[{jwt: []}]", "POST /users must have in `security` at most one alternative for"),
    ('["users:read"]', '["users:read", "staff:users:read"]', "POST /users must have in `security` at most one"),
    ('{jwt: ["users:read"]}', '{jwt: ["users:read"]}, {jwt: ["other"]}', "must have in `security` at most one"),
    ('{jwt: ["users:read"]}', '{jwt: ["staff:a"]}, {jwt: ["staff:b"]}', "must have in `security` at most one"),
    ("x-owner: nobody", "", "POST /users has scopes that do not begin with staff:, so it needs x-owner"),
    ("x-owner: nobody", "x-owner: somebody", "POST /users has 'somebody' in x-owner, which is none of"),
    (
        "x-owner: nobody",
        "x-owner: $request.path.userId",
        "POST /users has $request.path.userId in x-owner, which is not",
    ),
    ("x-owner: nobody", "x-owner: checked-by-function", "it is answered where x-owner is checked-by-service"),
    ("x-function: orders", "x-function: orders\n          x-owner: nobody", "POST /orders has x-owner, but no scopes"),
    (
        "path: /users, timeout",
        "path: /users, headers: {X-Principal: root}, timeout",
        "POST /users has x-principal in x-orchestration.headers, by which functions say who calls",
    ),
    ("operationId: lookupUser", "", "POST /users has no operationId"),
    ("operationId: lookupUser", "operationId: health", "2 operations have the operationId health"),
    ("{rate: 5, burst: 10}", "{rate: 5}", "POST /users must have in x-throttle a rate"),
    ("{rate: 5, burst: 10}", "{rate: 0, burst: 10}", "POST /users must have in x-throttle a rate"),
    ("{rate: 5, burst: 10}", "{rate: '5', burst: 10}", "POST /users must have in x-throttle a rate"),
    ("path: /invoices", "path: /users/1/invoices", "begins with /users, by which the ingress finds users"),
    ("path: /health/billing", "path: /users/health", "GET /health: x-orchestration.path begins with /users, by which"),
    ("path: /health/billing", "path: /health/users", "begins with /health/users, by which the ingress finds users"),
    ("path: /invoices", "paths: /invoices", "GET /users/{userId}/invoices must have in x-orchestration an upstream"),
    ("path: /invoices", "paths: /invoices", "GET /users/{userId}/invoices has paths in x-orchestration"),
    ("path: /health/users}", "path: health}", "GET /health must have in x-orchestration.parts.users an upstream"),
    ("timeout: 3, ", "", "POST /users has no timeout in x-orchestration"),
    (
        "x-function: orders",
        "x-function: orders\n          x-orchestration: {upstream: users, path: /users}",
        "has both",
    ),
    ("x-function: orders", "", "POST /orders has neither"),
    (
        "x-function: orders",
        "x-function: orders\n          requestBody: {content: {text/plain: {}}}",
        "not application/",
    ),
    (
        "        get:\n          operationId: health",
        "        head:\n          operationId: health",
        "HEAD /health is none",
    ),
    ("{name: Idempotency-Key, in: header, schema: {type: string}}", "{$ref: '#/nowhere'}", "#/nowhere leads nowhere"),
    ("x-function: orders", "x-function: orders\n          responses: {'200': {$ref: '#/x'}}", "#/x leads nowhere"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_a_problem_is_a_sentence(old: str, new: str, sentence: str):
    with pytest.raises(ContractError) as error:
        small(old, new)
    assert sentence in str(error.value)


def test_all_problems_are_listed_at_once():
    with pytest.raises(ContractError, match="small is not valid:") as error:
        Contract.of(
            parse(textwrap.dedent(SMALL.replace("burst: 10", "burst: -1").replace("timeout", "time")), source="small"),
            source="small",
        )
    assert len(error.value.problems) == 1 + 3 * 2
    assert len(str(error.value).splitlines()) == 1 + len(error.value.problems)


@pytest.mark.parametrize("text", ["paths: [", "[]", "openapi: 3.0.3", "paths: []"])
def test_what_is_no_openapi_document_is_refused_in_a_sentence(tmp_path: Path, text: str):
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=re.escape(f"{path} is not valid:")):
        Contract.read(path)


def test_headers_of_requests_and_answers_are_known():
    assert {"idempotency-key", "if-match", "if-none-match", "traceparent", "x-request-id"} == CONTRACT.request_headers
    assert {"etag", "location", "retry-after", "x-request-id"} <= CONTRACT.response_headers
