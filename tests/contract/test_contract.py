"""Every operation through the gateway, with data that the contract allows and data that it forbids.

The examples are the same in each run: what one run finds, the next finds too.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import Any

import pytest
import schemathesis
import urllib3
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from app.contract import problems
from tests.support.contract import all_scopes, document
from tests.support.stack import Stack

EXAMPLES = 25
"""Of each operation, beside those that schemathesis makes for each constraint."""
ELSEWHERE = [
    unsupported_method,  # the gateway answers 404 where schemathesis wants 405
    positive_data_acceptance,  # `refused` is stricter: it looks at what is said to be wrong
]
UNSAID = re.compile(
    r"cursor"  # is not ours
    r"|/items"  # cost more than there may be in total
    r"|/items/\d+/product_id"  # is no product
    r"|from|to|/from|/to|/events/\d+/occurred_at"  # no such day; the period ends before it begins
    r"|/events/\d+(/amount|/currency)?"  # come together or not at all
    r"|/events/\d+/attributes(/.*)?",  # their names
    re.DOTALL,
)
"""Parameters and members that may be wrong in a way that OpenAPI 3.0 has no words for."""
USER, VERSION, KEY = "/users/123", "1", "8c5c2f1e-order-42"
INVOICE, PRODUCT, ORDER = (
    "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f",
    "3f1f6f0e-6a55-4a43-9d6c-0d5e4bd3a3a1",
    "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10",
)
"""The contract's examples."""
NOTHING_WRONG = {"GET /health"}
"""Takes nothing that could be."""

contract = document()
contract["components"]["securitySchemes"]["jwt"] = {
    "type": "http",
    "scheme": "bearer",
}  # which schemathesis can leave out
api = schemathesis.openapi.from_dict(contract)


class Present:
    """What the contract's examples name is made to be there."""

    def __init__(self, stack: Stack, headers: dict[str, str]) -> None:
        self._stack, self._headers = stack, headers
        if self._ask("GET", USER).status == 404:
            assert self._ask("PUT", USER, {"name": "Mark Wells", "role": "Engineer"}).status == 201
        self._invoice = self._created("/invoices", _example("/invoices"))
        self._product = self._created("/products", _example("/products"))
        self._sold = self._created("/products", {**_example("/products"), "stock": 1_000_000})

    def name(self, case: schemathesis.Case) -> None:
        """Puts what is there in the place of the examples, and a new key, in a case that the contract allows."""
        path, headers = case.path_parameters, case.headers
        if path.get("invoiceId") == INVOICE:
            path["invoiceId"] = self._invoice
        if path.get("productId") == PRODUCT:
            path["productId"] = self._product
        if path.get("orderId") == ORDER:
            path["orderId"] = self._order()  # a new one each time: only those can be cancelled
        if case.operation.label == "POST /orders":
            for item in case.body["items"]:
                item["product_id"] = self._sold if item["product_id"] == PRODUCT else item["product_id"]
        if headers.get("Idempotency-Key") == KEY:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if "If-Match" in headers:
            version = headers["If-Match"].strip('"')  # schemathesis takes the quotes of its own values away
            there = case.operation.path.format_map(path)
            exists = there in (USER, f"/products/{self._product}") and version == VERSION
            headers["If-Match"] = self._ask("GET", there).headers.get("etag", '"1"') if exists else f'"{version}"'

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
    """How a case is sent: where to, as whom, trusting whom."""
    return {
        "base_url": stack.machine.endpoint_url,
        "headers": {"Authorization": f"Bearer {stack.token(scope=all_scopes())}"},
        "verify": str(stack.machine.home / "ca.crt"),
        "timeout": 15,
    }


@pytest.fixture
def present(stack: Stack, caller: dict[str, Any]) -> Present:
    """Before each operation, as one before it may have removed the user."""
    return Present(stack, caller["headers"])


@pytest.fixture(scope="module")
def seen() -> dict[str, Counter[int]]:
    """Statuses by operation."""
    return {}


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),  # to shrink what failed takes minutes of requests
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_of_the_contract(
    case: schemathesis.Case, caller: dict[str, Any], present: Present, seen: dict[str, Counter[int]]
) -> None:
    allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if allowed:
        present.name(case)
    answer = case.call_and_validate(excluded_checks=ELSEWHERE, **caller)
    seen.setdefault(case.operation.label, Counter())[answer.status_code] += 1
    if allowed:
        assert not refused(answer), f"{case.as_curl_command()}\n{answer.text}"


def refused(answer: schemathesis.Response) -> bool:
    """Whether data that the schemas allow was called wrong, for a reason that a schema could have said."""
    if answer.status_code not in (400, 413, 415, 422):
        return False
    content = answer.json()
    if content.get("type") == problems.KEY_REUSED.type:
        return False
    violations = content.get("errors", [])
    places = [violation.get("parameter") or violation.get("pointer", "") for violation in violations]
    return not places or not all(UNSAID.fullmatch(place) for place in places)


def test_every_operation_was_accepted_and_refused(seen: dict[str, Counter[int]]) -> None:
    """Or the test above would look at one half only. Operations that were not selected are left out."""
    for operation, statuses in seen.items():
        assert any(200 <= status < 300 for status in statuses), (operation, statuses)
        assert 422 in statuses or operation in NOTHING_WRONG, (operation, statuses)
        assert 429 not in statuses
