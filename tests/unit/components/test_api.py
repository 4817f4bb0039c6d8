from __future__ import annotations

import json
import uuid
from pathlib import Path

import pulumi
import pytest
import yaml

from app.contract.reading import Contract
from components.api import Api, ApiArgs
from components.api_contract import UndeployableError
from components.aws.cors import REQUEST_HEADERS, RESPONSE_HEADERS
from components.aws.function import Function, FunctionArgs
from components.identity import Identity, IdentityArgs
from components.settings.aws import ApiSettings, FunctionSettings, IdentitySettings
from components.settings.checks import Circumstances
from tests.support.clouds import ACCOUNT, REGION
from tests.support.contract import document
from tests.support.program import ROOT, STACKS, Program, deployed, run


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def contract() -> Contract:
    return Contract.read(ROOT / "app/contract/openapi.yaml")


def test_every_operation_of_the_contract_is_a_route_and_nothing_else_is(program: Program) -> None:
    routes = {route["routeKey"] for route in program.all("apigatewayv2/route:Route")}
    assert routes == {operation.route_key for operation in contract().operations}


def test_every_route_but_the_health_asks_for_a_token_and_a_scope(program: Program) -> None:
    routes = program.all("apigatewayv2/route:Route")
    assert [route["routeKey"] for route in routes if route["authorizationType"] == "NONE"] == ["GET /health"]
    for route in routes:
        if route["routeKey"] == "GET /health":
            assert route["authorizerId"] is None
            continue
        assert route["authorizationType"] == "JWT"
        assert route["authorizerId"]
        assert route["authorizationScopes"]


def test_tokens_come_in_the_authorization_header(program: Program) -> None:
    authorizer = program.one("Authorizer")
    assert authorizer["authorizerType"] == "JWT"
    assert authorizer["identitySources"] == ["$request.header.Authorization"]


def test_every_route_has_both_halves_of_a_throttle(program: Program) -> None:
    """A half that is missing is 0, with which every call is answered with 429."""
    stage = program.one("apigatewayv2/stage:Stage")
    settings = [stage["defaultRouteSettings"], *stage["routeSettings"]]
    assert len(settings) == 1 + len(contract().operations)
    for each in settings:
        assert each["throttlingRateLimit"] > 0
        assert each["throttlingBurstLimit"] > 0


def test_no_route_has_metrics_that_nothing_reads(program: Program) -> None:
    """They are paid for each route; a dashboard or an alarm that reads one of a route may switch them on."""
    read = [r for r in program.resources if r.type.startswith("aws:cloudwatch/") and "Resource" in str(r.inputs)]
    assert [r.name for r in read if "AWS/ApiGateway" in str(r.inputs) and '"Route"' in str(r.inputs)] == []
    stage = program.one("apigatewayv2/stage:Stage")
    assert {s["detailedMetricsEnabled"] for s in [stage["defaultRouteSettings"], *stage["routeSettings"]]} == {False}


def test_throttles_are_the_contract_s(program: Program) -> None:
    stage = program.one("apigatewayv2/stage:Stage")
    found = {s["routeKey"]: (s["throttlingRateLimit"], s["throttlingBurstLimit"]) for s in stage["routeSettings"]}
    expected = {o.route_key: (o.throttle.rate, o.throttle.burst) for o in contract().operations if o.throttle}
    assert expected
    assert expected.items() <= found.items()


def test_routes_are_there_before_their_settings(program: Program) -> None:
    waits = program.after(program.one("apigatewayv2/stage:Stage"))
    assert {route.urn for route in program.all("apigatewayv2/route:Route")} <= waits


def test_gateway_calls_the_alias_and_only_this_api_may(program: Program) -> None:
    integration, permission = program.one("Integration", "orchestrator"), program.one("Permission", "orchestrator")
    function = program.one("lambda/function:Function", "orchestrator").name
    assert integration["integrationUri"].endswith(f":function:{function}-1a2b3c4:live/invocations")
    assert integration["payloadFormatVersion"] == "2.0"
    assert permission["qualifier"] == "live"
    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["sourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2c3d4e5/*/*"


def test_access_log_shows_who_called_what_and_the_outcome(program: Program) -> None:
    stage = program.one("apigatewayv2/stage:Stage")
    group = program.one("LogGroup", "gateway")
    assert group["name"].startswith("/aws/vendedlogs/")
    assert group["retentionInDays"] in (14, 90)
    assert stage["accessLogSettings.destinationArn"].endswith(group["name"])
    line = json.loads(stage["accessLogSettings.format"])
    assert {"method", "route", "status", "duration_ms", "gateway_request_id", "authorizer_error"} <= line.keys()
    assert "Authorization" not in stage["accessLogSettings.format"]


def test_endpoint_has_no_slash_at_its_end(program: Program) -> None:
    assert program.outputs["endpoint"] == f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com"


def test_web_pages_may_not_call_unless_they_are_named(program: Program) -> None:
    assert program.one("apigatewayv2/api:Api")["corsConfiguration"] is None


def test_headers_that_every_operation_takes_are_those_that_the_functions_read() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "app/functions").rglob("*.py"))
    sources += "".join(path.read_text() for path in (ROOT / "app/contract").glob("*.py"))
    of_the_gateway = {"authorization"}
    for header in (REQUEST_HEADERS - of_the_gateway) | RESPONSE_HEADERS:
        assert f'"{header}"' in sources.lower(), header


def test_named_web_pages_may_call_the_contract_s_methods() -> None:
    program = run(config={"crosscloud:api": {"corsOrigins": ["https://app.example.com"]}})
    cors = program.one("apigatewayv2/api:Api")["corsConfiguration"]
    assert cors["allowOrigins"] == ["https://app.example.com"]
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} == set(cors["allowMethods"])
    assert "*" not in cors["allowMethods"] + cors["allowHeaders"]
    assert {"authorization", "if-match", "if-none-match", "idempotency-key"} <= set(cors["allowHeaders"])
    assert {"etag", "location", "retry-after"} <= set(cors["exposeHeaders"])
    assert set(cors["allowHeaders"]) == contract().request_headers | REQUEST_HEADERS
    assert set(cors["exposeHeaders"]) == contract().response_headers | RESPONSE_HEADERS
    assert "allowCredentials" not in cors


DOMAIN = {
    "name": "api.example.com",
    "certificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{uuid.UUID(int=7)}",
}


def with_domain(**more: str) -> Program:
    return run(config={"crosscloud:api": {"domain": {**DOMAIN, **more}}})


def test_with_a_name_of_its_own_the_api_answers_nowhere_else_and_by_tls_1_2_at_least() -> None:
    program = with_domain()
    assert program.outputs["endpoint"] == "https://api.example.com"
    assert program.one("apigatewayv2/api:Api")["disableExecuteApiEndpoint"] is True
    domain, mapping = program.one("DomainName"), program.one("ApiMapping")
    assert domain["domainNameConfiguration.securityPolicy"] == "TLS_1_2"
    assert domain["domainNameConfiguration.certificateArn"] == DOMAIN["certificateArn"]
    assert (mapping["apiId"], mapping["domainName"], mapping["stage"]) == ("a1b2c3d4e5", "api.example.com", "$default")
    assert program.all("Record") == []


def test_a_zone_of_the_account_gets_the_name() -> None:
    record = with_domain(hostedZoneId="Z0123456789ABC").one("Record")
    assert (record["zoneId"], record["name"], record["type"]) == ("Z0123456789ABC", "api.example.com", "A")
    assert record["aliases.0.name"].startswith("d-")


def test_public_operation_needs_no_token_and_gets_the_stage_s_throttle() -> None:
    contract = document()
    del contract["paths"]["/health"]["get"]["x-throttle"]
    program = run(contract=yaml.safe_dump(contract), config={"crosscloud:api": {"throttle": {"rate": 3, "burst": 4}}})
    route = program.one("apigatewayv2/route:Route", "getHealth")
    assert route["authorizationType"] == "NONE"
    assert route["authorizerId"] is None
    stage = program.one("apigatewayv2/stage:Stage")
    (settings,) = [s for s in stage["routeSettings"] if s["routeKey"] == "GET /health"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (3, 4)


DOCUMENT = """
paths:
  /orders:
    post: {operationId: createOrder, security: [{jwt: [orders:write]}], x-owner: nobody, x-function: orders}
    get: {operationId: listOrders, security: [{jwt: [orders:read]}], x-owner: nobody, x-function: orders}
  /users:
    get:
      operationId: listUsers
      security: [{jwt: [staff:users:read]}]
      x-orchestration: {upstream: users, method: GET, path: /users, timeout: 3, safe: true, answers: [200]}
"""


def with_functions(folder: Path, *others: str) -> Program:
    """A gateway whose contract gives /orders to a function of its own."""
    path = folder / "openapi.yaml"
    path.write_text(DOCUMENT)
    anywhere = Circumstances(production=False, this_machine=False)

    def function(name: str) -> Function:
        arguments = FunctionArgs(
            code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("")}),
            handler="handler.handler",
            description=name,
            environment={},
            settings=FunctionSettings.model_validate({}, context=anywhere),
        )
        return Function(name, arguments)

    def main() -> None:
        issued = IdentitySettings.model_validate({"issuer": "https://i.example", "audience": "a"}, context=anywhere)
        arguments = ApiArgs(
            contract=Contract.read(path),
            functions={name: function(name) for name in ("orchestrator", *others)},
            identity=Identity("tokens", IdentityArgs(settings=issued, scopes=(), protect=False)),
            settings=ApiSettings.model_validate({"throttle": {}}, context=anywhere),
        )
        Api("gateway", arguments)

    return run(main)


def test_each_function_answers_the_operations_that_name_it_and_no_others(tmp_path: Path) -> None:
    program = with_functions(tmp_path, "orders")
    targets = {route["routeKey"]: route["target"] for route in program.all("apigatewayv2/route:Route")}
    assert targets["POST /orders"] == targets["GET /orders"] == "integrations/orders-id"
    assert targets["GET /users"] == "integrations/orchestrator-id"
    assert ":function:orders-1a2b3c4:live/" in program.one("Integration", "orders")["integrationUri"]
    assert ":function:orchestrator-1a2b3c4:live/" in program.one("Integration", "orchestrator")["integrationUri"]
    for name in ("orders", "orchestrator"):
        permission = program.one("Permission", name)
        assert (permission["function"], permission["qualifier"]) == (f"{name}-1a2b3c4", "live")
        assert permission["sourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2c3d4e5/*/*"


def test_a_function_that_the_gateway_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UndeployableError, match="x-function is orders, which the gateway does not have; it has catalog, orchestrator"
    ):
        with_functions(tmp_path, "catalog")
