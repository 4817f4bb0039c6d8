"""Whose tokens the gateway accepts: those of a configured OpenID issuer, or of a Cognito user pool of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.feature_tag import feature
from components.settings.aws import IdentitySettings

RESOURCE_SERVER = "crosscloud"
"""The name under which the user pool knows the API's scopes."""


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    settings: IdentitySettings
    """The issuer, or the user pool's name and lifetimes: the group `identity` of the stack's file."""
    scopes: Sequence[str]
    """The scopes that the API's operations ask for."""
    protect: bool
    """Whether an engine, and Cognito, refuse to delete the user pool."""


@dataclass(frozen=True, kw_only=True)
class _Issuer:
    """An issuer of tokens."""

    issuer: Output[str]
    audience: Output[str]
    scope_prefix: str = ""
    token_url: Output[str | None]


class Identity(ComponentResource):
    """The issuer that the gateway asks for its keys, and what its tokens look like."""

    issuer: Output[str]
    """The issuer's URL, which the tokens' `iss` names."""
    audience: Output[str]
    """Whom the tokens are for: their `aud`, or their `client_id`."""
    scope_prefix: str
    """What precedes a scope's name in the tokens' `scope`: Cognito puts the resource server's name there."""
    token_url: Output[str | None]
    """The URL at which clients get tokens, where it is known here."""

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Identity", name, {}, feature("edge", opts))
        settings = args.settings
        if settings.issuer is not None:
            issuer = _Issuer(
                issuer=Output.from_input(settings.issuer),
                audience=Output.from_input(settings.audience),
                token_url=Output.from_input(None),
            )
        elif settings.domain_prefix is not None:
            issuer = self._user_pool(name, args, settings.domain_prefix)
        else:
            raise ValueError("An identity needs an issuer, or a domain prefix for a user pool.")
        self.issuer, self.audience = issuer.issuer, issuer.audience
        self.scope_prefix, self.token_url = issuer.scope_prefix, issuer.token_url
        self.register_outputs({"issuer": self.issuer, "audience": self.audience})

    def _user_pool(self, name: str, args: IdentityArgs, domain_prefix: str) -> _Issuer:
        """Declares a user pool to which nobody can sign up by themselves.

        Programs share one client, with the client credentials grant: its secret stays in Cognito,
        `aws cognito-idp describe-user-pool-client` shows it.
        """
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
        return _Issuer(
            issuer=Output.concat("https://cognito-idp.", pool.region, ".amazonaws.com/", pool.id),
            # Cognito's access tokens name the client instead of an audience, and the gateway takes either.
            audience=client.id,
            scope_prefix=f"{RESOURCE_SERVER}/",
            token_url=Output.concat(
                "https://", domain.domain, ".auth.", pool.region, ".amazoncognito.com/oauth2/token"
            ),
        )
