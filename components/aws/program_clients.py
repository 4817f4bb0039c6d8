"""The clients of programs at a user pool, whose secrets only Cognito knows.

A stack of CloudFormation makes them. The engine's own resource of a client has the client's secret among its outputs:
it would be in the engine's state, where everybody who may preview a change can decrypt it. CloudFormation never shows
it, and the state holds the template and the clients' ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

POOL = "UserPool"
"""The template's parameter with the pool's id."""


@dataclass(frozen=True, kw_only=True)
class ProgramClientsArgs:
    pool_id: Input[str]
    """The user pool."""
    clients: Mapping[str, Sequence[str]]
    """The scopes that each client may ask for, as the pool names them, by the client's name of letters and digits.
    There is at least one client with one scope."""
    token_minutes: int
    """Minutes for which a token is good."""


def program_clients(name: str, args: ProgramClientsArgs, opts: ResourceOptions) -> dict[str, Output[str]]:
    """Declares the clients and returns their ids by name."""
    made = aws.cloudformation.Stack(
        name,
        name=f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
        template_body=json.dumps(template(args), indent=1),
        parameters={POOL: args.pool_id},
        opts=opts,
    )
    return {client: made.outputs.apply(partial(_id, client)) for client in args.clients}


def _id(client: str, outputs: Mapping[str, str]) -> str:
    """Returns the id of a client, or a text that is no token's audience while the stack's outputs do not have it.

    In an engine's preview the outputs are those of the last update, and a new client is not among them.
    """
    return outputs.get(client, f"<id of {client}>")


def template(args: ProgramClientsArgs) -> dict[str, object]:
    """Returns the template. A client's name is the name of its resource, and of the output with its id."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The clients by which programs get tokens; their secrets stay in Cognito",
        "Parameters": {POOL: {"Type": "String"}},
        "Resources": {name: _client(name, scopes, args.token_minutes) for name, scopes in args.clients.items()},
        "Outputs": {name: {"Value": {"Ref": name}} for name in args.clients},
    }


def _client(name: str, scopes: Sequence[str], token_minutes: int) -> dict[str, object]:
    """Returns a client of the client credentials grant.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html
    """
    return {
        "Type": "AWS::Cognito::UserPoolClient",
        "Properties": {
            "UserPoolId": {"Ref": POOL},
            "ClientName": name,
            "GenerateSecret": True,
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthScopes": list(scopes),
            "AccessTokenValidity": token_minutes,
            "TokenValidityUnits": {"AccessToken": "minutes"},
            "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
            "EnableTokenRevocation": True,
        },
    }
