from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from components.contract import Call, Contract, ContractError, Throttle
from tests.support.program import ROOT
from tests.support.services import SERVICES

DOCUMENT = """
    openapi: 3.0.3
    security: [{jwt: []}]
    paths:
      /users:
        post:
          operationId: lookupUser
          security: [{jwt: ["users:read"]}]
          x-throttle: {rate: 5, burst: 10}
          x-orchestration: {upstream: users, path: "/users/{user_id}"}
      /users/{userId}/invoices:
        parameters: []
        get:
          operationId: listInvoices
          x-orchestration: {upstream: billing, path: /invoices}
      /health:
        get:
          operationId: health
          security: []
          x-orchestration:
            parts:
              users: {upstream: users, path: /health/users}
              billing: {upstream: billing, path: /health/billing}
      /orders:
        post:
          operationId: createOrder
          x-function: orders
"""


def read(tmp_path: Path, text: str = DOCUMENT, services: tuple[str, ...] = ("users", "billing")) -> Contract:
    path = tmp_path / "openapi.yaml"
    path.write_text(textwrap.dedent(text))
    return Contract.read(path, services=services)


def test_operations_become_routes(tmp_path: Path) -> None:
    lookup, invoices, health, orders = read(tmp_path).operations
    assert (lookup.route_key, lookup.scopes, lookup.throttle) == (
        "POST /users",
        ("users:read",),
        Throttle(rate=5.0, burst=10),
    )
    assert (invoices.route_key, invoices.throttle) == ("GET /users/{userId}/invoices", None)
    assert health.calls == (
        Call(upstream="users", path="/health/users"),
        Call(upstream="billing", path="/health/billing"),
    )
    assert lookup.function == health.function == "orchestrator"
    assert (orders.function, orders.calls) == ("orders", ())


def test_functions_that_answer_are_known(tmp_path: Path) -> None:
    assert read(tmp_path).functions == ("orchestrator", "orders")


def test_operation_without_security_of_its_own_needs_a_token(tmp_path: Path) -> None:
    _, invoices, health, _ = read(tmp_path).operations
    assert invoices.scopes == ()
    assert health.scopes is None


def test_services_are_found_by_the_first_segment_of_their_internal_paths_and_by_their_health(tmp_path: Path) -> None:
    contract = read(tmp_path)
    assert contract.prefixes("users") == ("/health/users", "/users")
    assert contract.prefixes("billing") == ("/health/billing", "/invoices")
    assert contract.prefixes("analytics") == ()


def test_scopes_of_all_operations_are_known(tmp_path: Path) -> None:
    assert read(tmp_path).scopes == ("users:read",)


BROKEN = [
    ("security: [{jwt: []}]", "", "GET /users/{userId}/invoices has no `security`"),
    ("operationId: lookupUser", "", "POST /users has no operationId"),
    ("{rate: 5, burst: 10}", "{rate: 5}", "POST /users: x-throttle must have a rate"),
    ("{rate: 5, burst: 10}", "{rate: 0, burst: 10}", "POST /users: x-throttle must have a rate"),
    ("{rate: 5, burst: 10}", "{rate: '5', burst: 10}", "POST /users: x-throttle must have a rate"),
    ("path: /invoices", "path: /users/1/invoices", "begins with /users, by which the ingress finds users"),
    ("path: /health/billing", "path: /users/health", "GET /health: x-orchestration.path begins with /users, by which"),
    ("path: /health/billing", "path: /health/users", "begins with /health/users, by which the ingress finds users"),
    (
        "path: /invoices}",
        "paths: /invoices}",
        "GET /users/{userId}/invoices: x-orchestration must have an upstream and",
    ),
    (
        "path: /health/users}",
        "path: health}",
        "GET /health: x-orchestration must have an upstream and a path that begins",
    ),
    (
        "x-function: orders",
        "x-function: orders\n          x-orchestration: {upstream: users, path: /users}",
        "has both",
    ),
    ("upstream: billing", "upstream: biling", "is biling, which crosscloud:services does not have"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_problem_is_told(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(ContractError, match="can't be deployed") as error:
        read(tmp_path, DOCUMENT.replace(old, new, 1))
    assert sentence in str(error.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as error:
        read(tmp_path, DOCUMENT.replace("burst: 10", "burst: -1"), services=())
    assert len(str(error.value).splitlines()) == 6


def test_the_public_contract_can_be_deployed() -> None:
    contract = Contract.read(ROOT / "app/contract/openapi.yaml", services=SERVICES)
    assert {"POST /users", "GET /users/{userId}"} <= {operation.route_key for operation in contract.operations}
    assert {operation.route_key for operation in contract.operations if not operation.scopes} == {"GET /health"}
    assert contract.prefixes("users") == ("/health/users", "/users")
