"""Every operation through the gateway: data that the contract allows, data that it forbids, and who may call.

The generated examples are the same in each run, so that a failure comes again. All tests are in one file because a
worker takes whole files: a second file could mean a second stack.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
import urllib3
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from app.contract import problems
from tests.support.contract import all_scopes, document
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE

EXAMPLES = 25
"""Random examples for each operation. Schemathesis adds some for each constraint of its schemas."""
EXCLUDED_CHECKS = [
    unsupported_method,  # the gateway answers 404 where schemathesis expects 405
    positive_data_acceptance,  # `was_refused` is stricter: it looks at the reasons in the answer
]
BEYOND_SCHEMAS = re.compile(
    r"cursor"  # was not made by this API
    r"|/items"  # cost more than an order may
    r"|/items/\d+/product_id"  # is the id of no product
    r"|from|to|/from|/to|/events/\d+/occurred_at"  # is a day that does not exist, or ends a period before it begins
    r"|/events/\d+(/amount|/currency)?"  # must come together
    r"|/events/\d+/attributes(/.*)?",  # have names that are not allowed
    re.DOTALL,
)
"""Parameters and members that may be wrong for a reason that OpenAPI 3.0 can't express."""
USER, VERSION, KEY = "/users/123", "1", "8c5c2f1e-order-42"
INVOICE, PRODUCT, ORDER = (
    "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f",
    "3f1f6f0e-6a55-4a43-9d6c-0d5e4bd3a3a1",
    "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10",
)
"""Ids, a version and a key that the contract's examples use."""
WITHOUT_INPUT = {"GET /health"}
"""Operations without parameters and body, which can't refuse any."""
CONTRACT = document()
ROUTES = [(method, path) for path, item in CONTRACT["paths"].items() for method in item]
SCOPES = all_scopes().split()


def generated_from() -> dict[str, Any]:
    """Returns the contract with a kind of authorization that schemathesis knows how to leave out."""
    contract = document()
    contract["components"]["securitySchemes"]["jwt"] = {"type": "http", "scheme": "bearer"}
    return contract


api = schemathesis.openapi.from_dict(generated_from())


class Examples:
    """The user, invoice, products and orders that take the place of those in the contract's examples."""

    def __init__(self, stack: Stack, headers: dict[str, str]) -> None:
        self._stack, self._headers = stack, headers
        if self._ask("GET", USER).status == 404:
            assert self._ask("PUT", USER, {"name": "Mark Wells", "role": "Engineer"}).status == 201
        self._invoice = self._created("/invoices", _example("/invoices"))
        self._product = self._created("/products", _example("/products"))
        self._sold = self._created("/products", {**_example("/products"), "stock": 1_000_000})

    def put_into(self, case: schemathesis.Case) -> None:
        """Replaces the ids of the contract's examples by ids that exist, and the key by a new one."""
        path, headers = case.path_parameters, case.headers
        if path.get("invoiceId") == INVOICE:
            path["invoiceId"] = self._invoice
        if path.get("productId") == PRODUCT:
            path["productId"] = self._product
        if path.get("orderId") == ORDER:
            path["orderId"] = self._order()  # a new order each time, because only a new order can be cancelled
        if case.operation.label == "POST /orders":
            for item in case.body["items"]:
                item["product_id"] = self._sold if item["product_id"] == PRODUCT else item["product_id"]
        if headers.get("Idempotency-Key") == KEY:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if "If-Match" in headers:
            version = headers["If-Match"].strip('"')  # schemathesis removes the quotes of its own values
            resource = case.operation.path.format_map(path)
            exists = resource in (USER, f"/products/{self._product}") and version == VERSION
            headers["If-Match"] = self._ask("GET", resource).headers.get("etag", '"1"') if exists else f'"{version}"'

    def _order(self) -> str:
        return self._created("/orders", {"items": [{"product_id": self._sold, "quantity": 1}]})

    def _created(self, path: str, body: object) -> str:
        answer = self._ask("POST", path, body)
        assert answer.status == 201, answer.data
        id_: str = answer.json()["id"]
        return id_

    def _ask(self, method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
        return self._stack.request(method, path, json_body=body, headers=self._headers)


def _example(path: str) -> dict[str, Any]:
    (example,) = api.raw_schema["paths"][path]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ].values()
    value: dict[str, Any] = example["value"]
    return value


@pytest.fixture(scope="module")
def caller(stack: Stack) -> dict[str, Any]:
    """Returns what every request has in common: the endpoint, a token with all scopes and the trusted authority."""
    return {
        "base_url": stack.machine.endpoint_url,
        "headers": {"Authorization": f"Bearer {stack.token(scope=all_scopes())}"},
        "verify": str(stack.machine.home / "ca.crt"),
        "timeout": PATIENCE,
    }


@pytest.fixture
def examples(stack: Stack, caller: dict[str, Any]) -> Examples:
    """Returns new examples for each operation, because the operation before may have removed the user."""
    return Examples(stack, caller["headers"])


@pytest.fixture(scope="module")
def statuses() -> dict[str, Counter[int]]:
    """Collects the statuses of all answers by operation."""
    return {}


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),  # shrinking a failure takes minutes of requests
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_of_the_contract(
    case: schemathesis.Case, caller: dict[str, Any], examples: Examples, statuses: dict[str, Counter[int]]
) -> None:
    allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if allowed:
        examples.put_into(case)
    answer = case.call_and_validate(excluded_checks=EXCLUDED_CHECKS, **caller)
    statuses.setdefault(case.operation.label, Counter())[answer.status_code] += 1
    if allowed:
        assert not was_refused(answer), f"{case.as_curl_command()}\n{answer.text}"


def was_refused(answer: schemathesis.Response) -> bool:
    """Tells whether an answer refuses data that the schemas allow, for a reason that a schema can express."""
    if answer.status_code not in (400, 413, 415, 422):
        return False
    content = answer.json()
    if content.get("type") == problems.KEY_REUSED.type:
        return False
    violations = content.get("errors", [])
    places = [violation.get("parameter") or violation.get("pointer", "") for violation in violations]
    return not places or not all(BEYOND_SCHEMAS.fullmatch(place) for place in places)


def test_every_operation_was_accepted_and_refused(statuses: dict[str, Counter[int]]) -> None:
    """Shows that the test above saw both kinds of data, for the operations that were selected."""
    for operation, counts in statuses.items():
        assert any(200 <= status < 300 for status in counts), (operation, counts)
        assert 422 in counts or operation in WITHOUT_INPUT, (operation, counts)
        assert 429 not in counts


@pytest.fixture(scope="module")
def token_with(stack: Stack) -> Callable[[frozenset[str]], str]:
    """Returns a function that makes a token of a member of staff called `nobody`, with these scopes."""
    return functools.cache(lambda scopes: stack.token(sub="nobody", scope=" ".join(sorted(scopes))))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_scopes_of_one_alternative_are_needed_and_no_others(
    stack: Stack, token_with: Callable[[frozenset[str]], str], method: str, path: str
) -> None:
    """The user whom the requests name is the caller, so that the caller's own scopes reach it."""
    alternatives = [frozenset(each["jwt"]) for each in CONTRACT["paths"][path][method]["security"]]
    target = re.sub(r"{\w+}", "nobody", path)

    def status(token: str | None) -> int:
        return stack.request(method.upper(), target, token=token).status

    assert (status(None) == 401) == bool(alternatives)
    for scopes in alternatives:
        assert status(token_with(scopes)) not in (401, 403), sorted(scopes)
        for scope in scopes:
            assert status(token_with(scopes - {scope})) == 403, f"without {scope}"
    if alternatives:
        assert status(token_with(frozenset(SCOPES).difference(*alternatives))) == 403
