"""The issuer whose tokens the gateway accepts: a configured OpenID issuer, or a Cognito user pool of the stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from app.contract.operation import STAFF, STAFF_GROUP
from components.api_contract import UndeployableError
from components.aws.program_clients import ProgramClientsArgs, program_clients
from components.aws.sign_in import SignInArgs, sign_in
from components.feature_tag import feature
from components.settings.aws import IdentitySettings

RESOURCE_SERVER = "crosscloud"
"""The name under which the user pool knows the API's scopes."""


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    settings: IdentitySettings
    """The issuer, or the user pool with its clients and lifetimes: the group `identity` of the stack's file."""
    scopes: Sequence[str]
    """The scopes that the API's operations ask for."""
    protect: bool
    """True if an engine, and Cognito, refuse to delete the user pool."""


@dataclass(frozen=True, kw_only=True)
class _Issuer:
    """An issuer of tokens: see the attributes of Identity."""

    issuer: Output[str]
    audiences: Sequence[Output[str]]
    groups_claim: str
    scope_prefix: str = ""
    clients: Mapping[str, Output[str]] = field(default_factory=dict)
    authorize_url: Output[str | None]
    token_url: Output[str | None]


class Identity(ComponentResource):
    """The issuer that the gateway asks for its keys, and what its tokens look like."""

    issuer: Output[str]
    """The issuer's URL, which the tokens' `iss` names."""
    audiences: Sequence[Output[str]]
    """The audiences of the tokens: the values that their `aud` or their `client_id` may have."""
    scope_prefix: str
    """The prefix of a scope's name in the tokens' `scope`: Cognito puts the resource server's name there."""
    outputs: Mapping[str, object]
    """The values that a client needs to get tokens: `issuer` and `audiences` as above; `clients`, the ids of the user
    pool's clients by name (`customers` and `staff` for people, and those of programs); and, of a user pool,
    `authorize_url`, at which people sign in, and `token_url`, at which clients get tokens."""
    environment: Mapping[str, str]
    """The variables by which a function understands the tokens."""

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Identity", name, {}, feature("edge", opts))
        settings = args.settings
        if settings.issuer is not None:
            issuer = _Issuer(
                issuer=Output.from_input(settings.issuer),
                audiences=[Output.from_input(settings.audience)],
                groups_claim=settings.groups_claim,
                authorize_url=Output.from_input(None),
                token_url=Output.from_input(None),
            )
        elif settings.domain_prefix is not None:
            issuer = self._user_pool(name, args, settings.domain_prefix)
        else:
            raise ValueError("An identity needs an issuer, or a domain prefix for a user pool.")
        self.issuer, self.audiences, self.scope_prefix = issuer.issuer, issuer.audiences, issuer.scope_prefix
        self.outputs = {
            "issuer": issuer.issuer,
            "audiences": issuer.audiences,
            "clients": issuer.clients,
            "authorize_url": issuer.authorize_url,
            "token_url": issuer.token_url,
        }
        self.environment = {"SCOPE_PREFIX": issuer.scope_prefix, "GROUPS_CLAIM": issuer.groups_claim}
        self.register_outputs({"issuer": self.issuer, "audiences": self.audiences})

    def _user_pool(self, name: str, args: IdentityArgs, domain_prefix: str) -> _Issuer:
        """Declares a user pool to which nobody can sign up by themselves, with its sign-in pages and its clients."""
        own = ResourceOptions(parent=self)
        pool = aws.cognito.UserPool(
            name,
            admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(allow_admin_create_user_only=True),
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration=aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(enabled=True),
            deletion_protection="ACTIVE" if args.protect else "INACTIVE",
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        aws.cognito.UserGroup(
            STAFF_GROUP,
            name=STAFF_GROUP,
            user_pool_id=pool.id,
            description=f"Holds the scopes that begin with {STAFF}",
            opts=own,
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
        domain = aws.cognito.UserPoolDomain(name, domain=domain_prefix, user_pool_id=pool.id, opts=own)
        clients = self._clients(args, pool, ResourceOptions(parent=self, depends_on=[server]))
        pages = Output.concat("https://", domain.domain, ".auth.", pool.region, ".amazoncognito.com/oauth2")
        return _Issuer(
            issuer=Output.concat("https://cognito-idp.", pool.region, ".amazonaws.com/", pool.id),
            # Cognito's access tokens name the client instead of an audience, and the gateway takes either.
            audiences=list(clients.values()),
            groups_claim="cognito:groups",
            scope_prefix=f"{RESOURCE_SERVER}/",
            clients=clients,
            authorize_url=Output.concat(pages, "/authorize"),
            token_url=Output.concat(pages, "/token"),
        )

    def _clients(self, args: IdentityArgs, pool: aws.cognito.UserPool, opts: ResourceOptions) -> dict[str, Output[str]]:
        """Declares the clients of people and programs after their scopes, and returns their ids by name."""
        settings = args.settings
        people = {
            "customers": (settings.customer_callback_urls, [s for s in args.scopes if not s.startswith(STAFF)]),
            "staff": (settings.staff_callback_urls, args.scopes),
        }
        ids = {
            client: sign_in(
                client,
                SignInArgs(
                    pool_id=pool.id,
                    scopes=_qualified(scopes),
                    callback_urls=callback_urls,
                    token_minutes=settings.token_minutes,
                    session_days=settings.session_days,
                ),
                opts,
            ).id
            for client, (callback_urls, scopes) in people.items()
            if callback_urls
        }
        for client, scopes in settings.clients.items():
            if unknown := sorted(set(scopes) - set(args.scopes)):
                raise UndeployableError(
                    f"identity.clients.{client} has scopes that no operation asks for: {', '.join(unknown)}; there are "
                    f"{', '.join(args.scopes)}."
                )
        if settings.clients:
            programs = ProgramClientsArgs(
                pool_id=pool.id,
                clients={client: _qualified(scopes) for client, scopes in settings.clients.items()},
                token_minutes=settings.token_minutes,
            )
            ids |= program_clients("programs", programs, opts)
        return ids


def _qualified(scopes: Sequence[str]) -> list[str]:
    """Returns the scopes as the user pool names them."""
    return [f"{RESOURCE_SERVER}/{scope}" for scope in scopes]
