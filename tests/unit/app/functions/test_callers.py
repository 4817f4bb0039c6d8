"""The demands of all HTTP functions on their callers, and the traces that they record: at the same place for all."""

import hashlib
import importlib
import json
from collections.abc import Callable
from types import ModuleType

import pytest

from app.contract.generate import CONTRACT
from app.contract.logs import LONGEST
from app.contract.reading import Contract
from app.functions.kit.api import Api
from tests.support.program import ROOT
from tests.unit.app.functions.conftest import Context

ANSWERING = sorted(path.parent.name for path in (ROOT / "app/functions").glob("*/operations.py"))
"""The functions with a table of operations: those that callers reach."""
MODULES = [importlib.import_module(f"app.functions.{name}.handler") for name in ANSWERING]
KEY = "b7c0d7a5f4f24e1c9f8f2f6a3c1d0e9b"
PROTECTED = [
    pytest.param(module, operation, id=operation.route_key)
    for module in MODULES
    for operation in module.API.operations.values()
    if operation.scopes is not None
]


@pytest.fixture
def call(monkeypatch, secrets, capsys) -> Callable:
    """Calls a function as the runtime does. Its handlers only say that they were reached."""
    secrets.texts["arn:keys"] = json.dumps({"shop": hashlib.sha256(KEY.encode()).hexdigest()})
    environment = secrets.environment() | {
        "UPSTREAM_URL": "https://127.0.0.1:1",
        "UPSTREAM_TLS_SECRET_ARN": "arn:tls",
        "PRODUCTS_TABLE": "products",
        "ORDERS_TABLE": "orders",
        "IDEMPOTENCY_TABLE": "keys",
        "API_KEYS_SECRET_ARN": "arn:keys",
    }

    def reach(module: ModuleType, event: dict, **variables: str) -> tuple[int, dict, dict]:
        for name, value in (environment | variables).items():
            monkeypatch.setenv(name, value)
        module.assembled.cache_clear()
        parts = module.assembled()
        for operation_id in parts.handlers:
            monkeypatch.setitem(parts.handlers, operation_id, reached)
        monkeypatch.setattr("app.functions.kit.request.read", lambda *_: None)
        answer = module.handler(event, Context())
        return answer["statusCode"], answer["headers"], json.loads(capsys.readouterr().out.splitlines()[-1])

    yield reach
    for module in MODULES:
        module.assembled.cache_clear()


def reached(_) -> dict:
    return {"statusCode": 299, "headers": {}, "body": ""}


def test_every_function_with_a_table_of_operations_is_looked_at():
    assert {"catalog", "orchestrator", "orders"} <= {*ANSWERING}
    assert [module.API.name for module in MODULES] == ANSWERING
    assert all(isinstance(module.API, Api) for module in MODULES)


def test_every_operation_of_the_contract_is_looked_at():
    protected = {operation.route_key for operation in Contract.read(CONTRACT).operations if operation.security}
    assert {operation.route_key for _, operation in (each.values for each in PROTECTED)} == protected


@pytest.mark.parametrize(("module", "operation"), PROTECTED)
def test_every_operation_needs_a_key_where_the_settings_name_the_secret(call, module, operation):
    scope = {"sub": "alice", "scope": " ".join(operation.scopes), "groups": "[staff]"}
    event = {
        "routeKey": operation.route_key,
        "headers": {},
        "requestContext": {"authorizer": {"jwt": {"claims": scope}}},
    }

    assert call(module, event)[0] == 401
    assert call(module, event | {"headers": {"x-api-key": "another"}})[0] == 401
    status, _, line = call(module, event | {"headers": {"X-Api-Key": KEY}})
    assert (status, line["api_key"]) == (299, "shop")
    assert call(module, event, API_KEYS_SECRET_ARN="")[0] == 299


@pytest.mark.parametrize(("module", "operation"), PROTECTED)
def test_every_operation_needs_its_scopes(call, module, operation):
    event = {
        "routeKey": operation.route_key,
        "headers": {"x-api-key": KEY},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": "alice", "scope": "another:scope"}}}},
    }

    assert call(module, event)[0] == 403
    assert call(module, {**event, "requestContext": {}})[0] == 401


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.API.name)
@pytest.mark.parametrize(("rate", "flags"), [("0", "00"), ("1", "01")])
def test_every_function_samples_the_traces_that_begin_in_it(call, module, rate, flags):
    _, headers, _ = call(module, {"routeKey": "GET /nothing"}, TRACE_SAMPLE_RATE=rate)
    assert headers["traceparent"][-2:] == flags


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.API.name)
@pytest.mark.parametrize("flags", ["00", "01"])
def test_the_caller_s_choice_of_a_trace_goes_before(call, module, flags):
    trace = f"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}"
    rate = "1" if flags == "00" else "0"
    _, headers, _ = call(module, {"routeKey": "GET /x", "headers": {"traceparent": trace}}, TRACE_SAMPLE_RATE=rate)
    assert headers["traceparent"].endswith(f"-{flags}")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.API.name)
def test_a_line_stays_small_whatever_an_error_repeats(call, module, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("x" * 1_000_000)

    monkeypatch.setattr("app.functions.kit.principal.authorise", broken)
    route = next(iter(module.API.operations))
    status, _, line = call(module, {"routeKey": route})
    assert status == 500
    assert len(json.dumps(line)) <= LONGEST
    assert len(line["stack"]) > LONGEST / 4, "what fits of it is there"
