from __future__ import annotations

import pytest

from tests.support.clouds import REGION
from tests.support.program import Program, deployed, run

CLOUDS = ["dev", "prod"]


@pytest.mark.parametrize("stack", CLOUDS)
def test_without_an_issuer_the_user_pool_s_tokens_are_accepted(stack: str) -> None:
    program = deployed(stack, False)
    configuration = program.one("Authorizer")["jwtConfiguration"]
    assert configuration["issuer"] == f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_AbCdEf123"
    assert configuration["audiences"] == ["4exampleclientid"]
    assert program.outputs["issuer"] == configuration["issuer"]
    assert [program.outputs["audience"]] == configuration["audiences"]


@pytest.mark.parametrize("stack", CLOUDS)
def test_nobody_gives_himself_access(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("UserPool")["adminCreateUserConfig.allowAdminCreateUserOnly"] is True
    client = program.one("UserPoolClient")
    assert client["allowedOauthFlows"] == ["client_credentials"]
    assert client["generateSecret"] is True


def scopes_of_routes(program: Program) -> set[str]:
    """Public routes have none."""
    return {scope for route in program.all("apigatewayv2/route:Route") for scope in route["authorizationScopes"] or ()}


@pytest.mark.parametrize("stack", CLOUDS)
def test_user_pool_knows_every_scope_of_the_contract(stack: str) -> None:
    program = deployed(stack, False)
    scopes = {scope["scopeName"] for scope in program.one("ResourceServer")["scopes"]}
    assert "users:read" in scopes
    wanted = scopes_of_routes(program)
    assert wanted == {f"crosscloud/{scope}" for scope in scopes}
    assert set(program.one("UserPoolClient")["allowedOauthScopes"]) == wanted
    assert (
        program.one("lambda/function:Function", "orchestrator")["environment.variables"]["SCOPE_PREFIX"]
        == "crosscloud/"
    )


def test_configured_issuer_is_accepted_and_no_user_pool_is_made() -> None:
    identity = {"issuer": "https://issuer.example.com", "audience": "api"}
    program = run(config={"crosscloud:identity": identity})
    assert not program.all("UserPool")
    assert program.one("Authorizer")["jwtConfiguration"] == {
        "issuer": "https://issuer.example.com",
        "audiences": ["api"],
    }
    scopes = scopes_of_routes(program)
    assert "users:read" in scopes
    assert not any(scope.startswith("crosscloud/") for scope in scopes)


def test_local_stack_uses_the_machine_s_issuer() -> None:
    assert deployed("local", False).one("Authorizer")["jwtConfiguration"] == {
        "issuer": "http://127.0.0.1:8180",
        "audiences": ["crosscloud"],
    }


def test_user_pool_of_prod_can_not_be_deleted_by_mistake() -> None:
    pool = deployed("prod", False).one("UserPool")
    assert pool["deletionProtection"] == "ACTIVE"
    assert pool.protect


def test_secret_of_the_client_is_not_an_output() -> None:
    assert "client-secret" not in str(deployed("prod", False).outputs)
