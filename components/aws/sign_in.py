"""The client by which people sign in at a user pool's own pages: authorization code with PKCE, and no secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input, ResourceOptions

OPENID = "openid"
"""The scope with which an application also learns who has signed in (OpenID Connect)."""
RETRY_SECONDS = 10
"""Seconds for which a refresh token is good after it was used: the answer with the next one may have been lost."""


@dataclass(frozen=True, kw_only=True)
class SignInArgs:
    pool_id: Input[str]
    """The user pool."""
    scopes: Sequence[str]
    """The scopes that the application may ask for, as the pool names them."""
    callback_urls: Sequence[str]
    """The pages to which people come back when they have signed in. At least one."""
    token_minutes: int
    """Minutes for which an access token is good."""
    session_days: int
    """Days after which people sign in anew, even if the application refreshes its tokens."""


def sign_in(name: str, args: SignInArgs, opts: ResourceOptions) -> aws.cognito.UserPoolClient:
    """Declares the client of an application for people.

    The application keeps no secret, as a browser could not: the code verifier of PKCE shows that whoever redeems a code
    has asked for it (RFC 7636). A refresh token is good for one use, so that a stolen one is noticed (RFC 9700, 4.14).
    """
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=args.pool_id,
        generate_secret=False,
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],
        allowed_oauth_scopes=[OPENID, *args.scopes],
        callback_urls=list(args.callback_urls),
        supported_identity_providers=["COGNITO"],
        access_token_validity=args.token_minutes,
        id_token_validity=args.token_minutes,
        refresh_token_validity=args.session_days,
        token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
            access_token="minutes",  # noqa: S106 - a unit
            id_token="minutes",  # noqa: S106
            refresh_token="days",  # noqa: S106
        ),
        refresh_token_rotation=aws.cognito.UserPoolClientRefreshTokenRotationArgs(
            feature="ENABLED", retry_grace_period_seconds=RETRY_SECONDS
        ),
        # Without ALLOW_REFRESH_TOKEN_AUTH, which Cognito refuses beside the rotation.
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH"],
        enable_token_revocation=True,
        prevent_user_existence_errors="ENABLED",
        opts=opts,
    )
