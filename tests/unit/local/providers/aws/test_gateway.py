"""A small program behind the emulator's HTTP API, called as Envoy calls it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa

from local import desired
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Properties
from local.providers.aws.client import Aws
from tests.unit.local.providers.aws.emulated import Emulator, Program, zipped

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))

ECHO = """
import json

def handler(event, context):
    if "requestContext" not in event:  # the dry event
        return {"statusCode": 404}
    print(json.dumps({"message": "request"}))
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    return {"statusCode": 200, "body": json.dumps({"route": event["routeKey"], "sub": claims["sub"]})}
"""

THROTTLE = {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}


@pytest.fixture(scope="module")
def issuer(emulator: Emulator) -> Iterator[str]:
    url = emulator.machine.issuer_url
    public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    documents = {
        "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/jwks.json"},
        "/jwks.json": {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]},
    }

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(documents[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", emulator.machine.ports.issuer), Documents) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The public half of the program, as Envoy sees it."""

    machine: Machine
    api: Properties
    stage: Properties
    issuer: str

    def token(self, key: Any = KEY, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        all_ = {"iss": self.issuer, "aud": "crosscloud", "sub": "alice", "scope": "users:read", "exp": now + 60}
        return jwt.encode({**all_, **claims}, key, algorithm, headers={"kid": "one"})

    def call(self, token: str | None = None, method: str = "POST", path: str = "/users", **headers: str) -> Any:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.machine.emulator_url}/_aws/execute-api/{self.api['id']}/$default{path}"
        return urllib3.request(method, url, headers=headers, retries=False, timeout=60)


@pytest.fixture
def edge(program: Program, machine: Machine, issuer: str, tmp_path: Path) -> Edge:
    function = program.function("orchestrator", zipped(tmp_path / "echo.zip", ECHO))
    alias = program.make(
        "Alias", "live", name="live", functionName=function["name"], functionVersion=function["version"]
    )
    cors = {"allowOrigins": ["https://app.example.com"], "allowMethods": ["POST"], "maxAge": 600}
    api = program.make("Api", "edge", protocolType="HTTP", corsConfiguration=cors)
    part = {"apiId": api["id"]}
    integration = program.make(
        "Integration",
        "orchestrator",
        **part,
        integrationType="AWS_PROXY",
        integrationUri=alias["invokeArn"],
        payloadFormatVersion="2.0",
        timeoutMilliseconds=29_000,
    )
    authorizer = program.make(
        "Authorizer",
        "jwt",
        **part,
        authorizerType="JWT",
        identitySources=["$request.header.Authorization"],
        jwtConfiguration={"issuer": issuer, "audiences": ["crosscloud"]},
    )
    program.make(
        "Route",
        "users",
        **part,
        routeKey="POST /users",
        target=f"integrations/{integration['id']}",
        authorizationType="JWT",
        authorizerId=authorizer["id"],
        authorizationScopes=["users:read"],
    )
    program.make(
        "Permission",
        "gateway",
        action="lambda:InvokeFunction",
        function=function["name"],
        qualifier="live",
        principal="apigateway.amazonaws.com",
        sourceArn=f"{api['executionArn']}/*/*",
    )
    stage = program.make(
        "Stage",
        "edge",
        **part,
        name="$default",
        autoDeploy=True,
        defaultRouteSettings=THROTTLE,
        routeSettings=[{"routeKey": "POST /users", "throttlingRateLimit": 5.0, "throttlingBurstLimit": 10.0}],
    )
    return Edge(machine=machine, api=api, stage=stage, issuer=issuer)


def test_a_good_token_is_answered_by_the_function(edge: Edge) -> None:
    answer = edge.call(edge.token())
    assert (answer.status, answer.json()) == (200, {"route": "POST /users", "sub": "alice"})


def test_what_the_gateway_refuses(edge: Edge) -> None:
    refused = {
        "no token": (edge.call(), 401),
        "expired": (edge.call(edge.token(exp=int(time.time()) - 1)), 401),
        "not yet valid": (edge.call(edge.token(nbf=int(time.time()) + 60)), 401),
        "wrong audience": (edge.call(edge.token(aud="another")), 401),
        "wrong issuer": (edge.call(edge.token(iss="https://elsewhere.example.com")), 401),
        "wrong key": (edge.call(edge.token(OTHER_KEY)), 401),
        "alg none": (edge.call(edge.token(None, "none")), 401),
        "symmetric": (edge.call(edge.token("a" * 32, "HS256")), 401),
        "no token at all": (edge.call("garbage"), 401),
        "missing scope": (edge.call(edge.token(scope="orders:write")), 403),
        "unknown route": (edge.call(edge.token(), path="/nowhere"), 404),
        "wrong method": (edge.call(edge.token(), method="DELETE"), 404),
    }
    assert {name: answer.status for name, (answer, _) in refused.items()} == {
        name: status for name, (_, status) in refused.items()
    }


def test_cors_preflight_is_answered_by_the_gateway(edge: Edge) -> None:
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
    answer = edge.call(method="OPTIONS", **asked)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"


def test_the_program_reads_the_public_address(edge: Edge) -> None:
    assert edge.stage["invokeUrl"] == "https://localhost:8443/"
    assert edge.api["apiEndpoint"] == "https://localhost:8443"
    assert edge.stage["executionArn"] == f"{edge.api['executionArn']}/$default"


def test_the_stage_tells_envoy_what_to_do_and_waits_for_it(edge: Edge, waited: list[tuple[str, Any]]) -> None:
    key = f"Stage/-/{edge.api['id']}"
    wanted = {
        "kind": "Stage",
        "api_id": edge.api["id"],
        "name": "$default",
        "emulator": f"127.0.0.1:{edge.machine.ports.emulator}",
        "default": {"rate": 50.0, "burst": 100},
        "routes": [{"route_key": "POST /users", "rate": 5.0, "burst": 10}],
    }
    assert desired.get(edge.machine, key) == wanted
    assert waited == [(key, wanted)]


def test_cors_that_are_taken_away_are_refused(edge: Edge, program: Program) -> None:
    old = {"protocolType": "HTTP", "corsConfiguration": edge.api["corsConfiguration"]}
    program.handler("Api").update(edge.api["id"], old, {"protocolType": "HTTP"}, edge.api)
    assert edge.call(method="OPTIONS", Origin="https://app.example.com").status == 403


def test_a_stage_without_its_object_does_not_exist_and_is_made_again(edge: Edge, program: Program) -> None:
    handler, key = program.handler("Stage"), f"Stage/-/{edge.api['id']}"
    assert handler.exists("$default", edge.stage)
    before = desired.get(edge.machine, key)
    desired.remove(edge.machine, key)
    assert not handler.exists("$default", edge.stage)
    inputs = {key: edge.stage[key] for key in ("apiId", "name", "autoDeploy", "defaultRouteSettings", "routeSettings")}
    handler.create("edge", inputs)
    assert desired.get(edge.machine, key) == before


def test_deleting_the_stage_takes_it_from_envoy_first(
    edge: Edge, program: Program, api: Aws, waited: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = []
    named = {"ApiId": edge.api["id"], "StageName": "$default"}
    monkeypatch.setattr(desired, "wait", lambda *_: there.append(api.call("apigatewayv2", "GetStage", named)))
    program.handler("Stage").delete("$default", edge.stage)
    assert desired.get(edge.machine, f"Stage/-/{edge.api['id']}") is None
    assert len(there) == 1
    assert not program.handler("Stage").exists("$default", edge.stage)


def test_a_stage_without_settings_has_the_accounts_quota(program: Program, machine: Machine) -> None:
    api = program.make("Api", "edge", protocolType="HTTP")["id"]
    program.make("Stage", "edge", apiId=api, name="$default", autoDeploy=True)
    stage = desired.get(machine, f"Stage/-/{api}") or {}
    assert (stage["default"], stage["routes"]) == ({"rate": 10_000.0, "burst": 5_000}, [])


def test_a_missing_limit_is_0_as_on_aws(program: Program, machine: Machine) -> None:
    api = program.make("Api", "edge", protocolType="HTTP")["id"]
    settings = {"throttlingRateLimit": 5.0}
    program.make("Stage", "edge", apiId=api, name="$default", autoDeploy=True, defaultRouteSettings=settings)
    stage = desired.get(machine, f"Stage/-/{api}") or {}
    assert stage["default"] == {"rate": 5.0, "burst": 0}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"routeSettings": [{"routeKey": "GET /y", **THROTTLE}]}, r"\['GET /y'\], but the API has no such route"),
        ({"defaultRouteSettings": {**THROTTLE, "throttlingRate": 1}}, "no throttlingRate in"),
    ],
)
def test_settings_that_would_do_harm_on_aws_are_refused(program: Program, settings: Properties, named: str) -> None:
    api = program.make("Api", "edge", protocolType="HTTP")["id"]
    program.make("Route", "x", apiId=api, routeKey="GET /x")
    inputs = {"apiId": api, "name": "$default", "autoDeploy": True, "defaultRouteSettings": THROTTLE, **settings}
    with pytest.raises(ProviderError, match=named):
        program.handler("Stage").create("edge", inputs)


def test_an_apis_id_comes_from_its_name_alone(program: Program) -> None:
    one = program.make("Api", "edge", protocolType="HTTP")
    program.delete()
    assert program.make("Api", "edge", protocolType="HTTP", description="later")["id"] == one["id"]
    assert program.make("Api", "another", protocolType="HTTP")["id"] != one["id"]
