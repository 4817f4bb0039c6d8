"""Whose tokens the gateway accepts: a configured OpenID issuer's, or those of a Cognito user pool of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.feature_tag import feature
from components.settings.aws import IdentitySettings

RESOURCE_SERVER = "crosscloud"


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """`scopes` are those that the API's operations ask for. With `protect` nobody deletes the user pool by mistake."""

    settings: IdentitySettings
    scopes: Sequence[str]
    protect: bool


class Identity(ComponentResource):
    issuer: Output[str]
    audience: Output[str]
    scope_prefix: str
    """What precedes a scope's name in the tokens' `scope`: Cognito puts the resource server's name there."""
    token_url: Output[str | None]
    """Where clients get tokens, if it is known here."""

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Identity", name, {}, feature("edge", opts))
        settings = args.settings
        if settings.issuer is not None:
            self.issuer, self.audience = Output.from_input(settings.issuer), Output.from_input(settings.audience)
            self.scope_prefix, self.token_url = "", Output.from_input(None)
        elif settings.domain_prefix is not None:
            self._user_pool(name, args, settings.domain_prefix)
        else:
            raise ValueError("An identity needs an issuer, or a domain prefix for a user pool.")
        self.register_outputs({"issuer": self.issuer, "audience": self.audience})

    def _user_pool(self, name: str, args: IdentityArgs, domain_prefix: str) -> None:
        """Nobody signs up by himself. One client for programs, with the client credentials grant: its secret stays in
        Cognito, `aws cognito-idp describe-user-pool-client` shows it."""
        own = ResourceOptions(parent=self)
        pool = aws.cognito.UserPool(
            name,
            admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(allow_admin_create_user_only=True),
            deletion_protection="ACTIVE" if args.protect else "INACTIVE",
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        server = aws.cognito.ResourceServer(
            name,
            identifier=RESOURCE_SERVER,
            user_pool_id=pool.id,
            scopes=[
                aws.cognito.ResourceServerScopeArgs(scope_name=scope, scope_description=f"The API's scope {scope}")
                for scope in args.scopes
            ],
            opts=own,
        )
        client = aws.cognito.UserPoolClient(
            name,
            user_pool_id=pool.id,
            generate_secret=True,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["client_credentials"],
            allowed_oauth_scopes=server.scope_identifiers,
            access_token_validity=args.settings.token_minutes,
            token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
                access_token="minutes"  # noqa: S106 - a unit
            ),
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            opts=own,
        )
        domain = aws.cognito.UserPoolDomain(name, domain=domain_prefix, user_pool_id=pool.id, opts=own)
        self.issuer = Output.concat("https://cognito-idp.", pool.region, ".amazonaws.com/", pool.id)
        # Cognito's access tokens name the client instead of an audience, and the gateway takes either.
        self.audience = client.id
        self.scope_prefix = f"{RESOURCE_SERVER}/"
        self.token_url = Output.concat(
            "https://", domain.domain, ".auth.", pool.region, ".amazoncognito.com/oauth2/token"
        )
