from __future__ import annotations

import json

import pytest
import yaml

from components.contract import Contract
from tests.support.program import ACCOUNT, REGION, ROOT, STACKS, Program, deployed, run


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def contract() -> Contract:
    return Contract.read(ROOT / "app/contract/openapi.yaml", services={"users"})


def test_every_operation_of_the_contract_is_a_route_and_nothing_else_is(program: Program) -> None:
    routes = {route["routeKey"] for route in program.all("apigatewayv2/route:Route")}
    assert routes == {operation.route_key for operation in contract().operations}


def test_every_route_asks_for_a_token_and_a_scope(program: Program) -> None:
    for route in program.all("apigatewayv2/route:Route"):
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
    integration, permission = program.one("apigatewayv2/integration:Integration"), program.one("Permission")
    function = program.one("lambda/function:Function").name
    assert integration["integrationUri"].endswith(f":function:{function}-1a2b3c4:live/invocations")
    assert integration["payloadFormatVersion"] == "2.0"
    assert permission["qualifier"] == "live"
    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["sourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2c3d4e5/*/*"


def test_access_log_tells_who_asked_for_what_and_what_came_of_it(program: Program) -> None:
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


def test_named_web_pages_may_call_the_contract_s_methods() -> None:
    program = run(config={"crosscloud:api": {"corsOrigins": ["https://app.example.com"]}})
    cors = program.one("apigatewayv2/api:Api")["corsConfiguration"]
    assert cors["allowOrigins"] == ["https://app.example.com"]
    assert {"GET", "POST"} <= set(cors["allowMethods"])
    assert "*" not in cors["allowMethods"] + cors["allowHeaders"]
    assert {"authorization", "x-request-id"} <= set(cors["allowHeaders"])
    assert "allowCredentials" not in cors


def test_public_operation_needs_no_token_and_gets_the_stage_s_throttle() -> None:
    document = yaml.safe_load((ROOT / "app/contract/openapi.yaml").read_text())
    document["paths"]["/health"] = {"get": {"operationId": "health", "security": []}}
    program = run(contract=yaml.safe_dump(document), config={"crosscloud:api": {"throttle": {"rate": 3, "burst": 4}}})
    route = program.one("apigatewayv2/route:Route", "health")
    assert route["authorizationType"] == "NONE"
    assert route["authorizerId"] is None
    stage = program.one("apigatewayv2/stage:Stage")
    (settings,) = [s for s in stage["routeSettings"] if s["routeKey"] == "GET /health"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (3, 4)
