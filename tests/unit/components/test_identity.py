from __future__ import annotations

import json
from typing import Any

import pytest

from components.api_contract import UndeployableError
from tests.support.clouds import REGION
from tests.support.program import Program, deployed, run

CLOUDS = ["dev", "prod"]


@pytest.mark.parametrize("stack", CLOUDS)
def test_without_an_issuer_the_user_pool_s_tokens_are_accepted(stack: str) -> None:
    program = deployed(stack, False)
    configuration = program.one("Authorizer")["jwtConfiguration"]
    assert configuration["issuer"] == f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_AbCdEf123"
    assert configuration["audiences"] == ["4examplecustomers", "4examplestaff", "4examplesmoke"]
    assert program.outputs["issuer"] == configuration["issuer"]
    assert program.outputs["audiences"] == configuration["audiences"]
    assert program.outputs["clients"] == {name: f"4example{name}" for name in ("customers", "staff", "smoke")}
    pages = f"https://crosscloud-{stack}-0000.auth.{REGION}.amazoncognito.com/oauth2"
    assert (program.outputs["authorize_url"], program.outputs["token_url"]) == (f"{pages}/authorize", f"{pages}/token")


@pytest.mark.parametrize("stack", CLOUDS)
def test_nobody_gives_himself_access(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("UserPool")["adminCreateUserConfig.allowAdminCreateUserOnly"] is True
    group = program.one("UserGroup")
    assert (group["name"], group["userPoolId"]) == ("staff", f"{REGION}_AbCdEf123")


@pytest.mark.parametrize("stack", CLOUDS)
@pytest.mark.parametrize("name", ["customers", "staff"])
def test_people_sign_in_without_a_secret(stack: str, name: str) -> None:
    client = deployed(stack, False).one("UserPoolClient", name)
    assert client["allowedOauthFlows"] == ["code"]
    assert not client["generateSecret"]
    assert client["refreshTokenRotation.feature"] == "ENABLED"
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["explicitAuthFlows"], "Cognito refuses it beside the rotation"
    assert all(url.startswith("https://") for url in client["callbackUrls"])
    assert client["preventUserExistenceErrors"] == "ENABLED"


@pytest.mark.parametrize("stack", CLOUDS)
def test_the_customers_application_asks_for_no_scope_of_staff(stack: str) -> None:
    program = deployed(stack, False)
    scopes = program.one("UserPoolClient", "customers")["allowedOauthScopes"]
    assert {"openid", "crosscloud/billing:read"} <= set(scopes)
    assert not [scope for scope in scopes if "staff:" in scope]
    assert set(program.one("UserPoolClient", "staff")["allowedOauthScopes"]) == {"openid", *scopes_of_routes(program)}


def template(program: Program) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(program.one("cloudformation/stack:Stack")["templateBody"])
    return content


def test_programs_have_a_client_each_with_their_own_scopes() -> None:
    clients = {"erp": ["staff:users:read", "staff:billing:write"], "shop": ["products:read"]}
    program = run(config={"crosscloud:identity": {"domainPrefix": "x", "clients": clients}})
    made = template(program)["Resources"]
    assert {name: client["Properties"]["AllowedOAuthScopes"] for name, client in made.items()} == {
        "erp": ["crosscloud/staff:users:read", "crosscloud/staff:billing:write"],
        "shop": ["crosscloud/products:read"],
    }
    assert {client["Properties"]["AllowedOAuthFlows"][0] for client in made.values()} == {"client_credentials"}
    assert all(client["Properties"]["GenerateSecret"] for client in made.values())
    assert program.one("Authorizer")["jwtConfiguration.audiences"] == ["4exampleerp", "4exampleshop"]
    assert not program.all("UserPoolClient")


@pytest.mark.parametrize("stack", CLOUDS)
def test_no_secret_of_a_program_is_in_the_state(stack: str) -> None:
    """The state holds what the engine's resources have as inputs and outputs: the template and the ids of clients."""
    program = deployed(stack, False)
    assert all(not client["generateSecret"] for client in program.all("UserPoolClient"))
    outputs = template(program)["Outputs"]
    assert outputs == {name: {"Value": {"Ref": name}} for name in template(program)["Resources"]}
    assert "ClientSecret" not in json.dumps(template(program))


def test_a_scope_that_no_operation_asks_for_is_refused() -> None:
    with pytest.raises(
        UndeployableError, match=r"identity.clients.erp has scopes .*: users:reed; there are .*users:read"
    ):
        run(config={"crosscloud:identity": {"domainPrefix": "x", "clients": {"erp": ["users:reed"]}}})


def scopes_of_routes(program: Program) -> set[str]:
    """Public routes have none."""
    return {scope for route in program.all("apigatewayv2/route:Route") for scope in route["authorizationScopes"] or ()}


@pytest.mark.parametrize("stack", CLOUDS)
def test_user_pool_knows_every_scope_of_the_contract(stack: str) -> None:
    program = deployed(stack, False)
    scopes = {scope["scopeName"] for scope in program.one("ResourceServer")["scopes"]}
    assert {"users:read", "staff:users:read"} <= scopes
    assert scopes_of_routes(program) == {f"crosscloud/{scope}" for scope in scopes}


@pytest.mark.parametrize("function", ["orchestrator", "catalog", "orders"])
@pytest.mark.parametrize(
    ("stack", "prefix", "claim"), [("dev", "crosscloud/", "cognito:groups"), ("local", "", "groups")]
)
def test_every_function_knows_how_tokens_name_scopes_and_groups(
    function: str, stack: str, prefix: str, claim: str
) -> None:
    variables = deployed(stack, False).one("lambda/function:Function", function)["environment.variables"]
    assert (variables.get("SCOPE_PREFIX", ""), variables["GROUPS_CLAIM"]) == (prefix, claim)


def test_configured_issuer_is_accepted_and_no_user_pool_is_made() -> None:
    identity = {"issuer": "https://issuer.example.com", "audience": "api"}
    program = run(config={"crosscloud:identity": identity})
    assert not [*program.all("UserPool"), *program.all("UserPoolClient"), *program.all("cloudformation/stack:Stack")]
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
