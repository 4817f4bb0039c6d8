"""Settings of the AWS half: who may call, how often, and the functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from app.contract.batches import RESERVE, SECONDS_PER_EVENT
from components.settings.checks import (
    Group,
    LogLevel,
    RetentionDays,
    check,
    in_clouds,
    in_production,
    on_this_machine,
    wrong,
)

SecretArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$"
    ),
]
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html"""


CertificateArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$")
]
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html"""


def _https(url: str | None) -> bool:
    return url is None or (urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname))


def _callback(url: str) -> bool:
    """Returns whether people may be sent back to this page: https, or a program on their own machine."""
    parts = urlsplit(url)
    return not parts.fragment and bool(parts.hostname) and (parts.scheme == "https" or _is_of_this_machine(url))


def _is_of_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname == "localhost"


ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,31}$")]
"""A name that CloudFormation takes for a resource."""
CallbackUrls = Annotated[
    tuple[str, ...],
    check(lambda urls: all(map(_callback, urls)), "must hold https:// URLs without a fragment, or http://localhost"),
    in_production(lambda urls: not any(map(_is_of_this_machine, urls)), "must hold https:// URLs only"),
]


class IdentitySettings(Group):
    """The issuer of the callers' tokens. Who holds which scopes: app/contract/openapi.yaml."""

    issuer: Annotated[str | None, in_clouds(_https, "must be an https:// URL")] = Field(
        None,
        description="OpenID issuer whose tokens are accepted (RS256); default: a Cognito user pool of the stack. "
        "It must not let people choose their `sub`: a token whose `sub` is also its `client_id` is a program's, and "
        "every scope in it counts",
    )
    audience: str = Field("crosscloud", min_length=1, description="audience (`aud`) of the issuer's tokens")
    groups_claim: str = Field(
        "groups",
        min_length=1,
        description="claim of the issuer's tokens with a person's groups; members of `staff` hold the scopes that "
        "begin with `staff:`. A user pool has its own claim. With an issuer of your own no group's name may hold a "
        "blank: the gateway passes a list on as `[a b]`, in which one group `former staff` looks like the two groups "
        "`former` and `staff`, so that its members would be staff",
    )
    domain_prefix: Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")] | None = Field(
        None,
        description="first label of the user pool's sign-in pages and token endpoint, unique in the AWS region; needed "
        "without issuer",
    )
    customer_callback_urls: CallbackUrls = Field(
        (),
        description="pages of the customers' application to which they come back when they have signed in at the user "
        "pool (authorization code with PKCE); none: no client for customers",
    )
    staff_callback_urls: CallbackUrls = Field(
        (), description="the same for the staff's application, which may ask for every scope; none: no client for staff"
    )
    clients: dict[ClientName, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        {},
        description="programs that get tokens of the user pool for themselves (client credentials): by name the scopes "
        "that each may ask for; default: none",
    )
    token_minutes: int = Field(
        60,
        ge=5,
        le=1440,
        description="minutes for which the user pool's access tokens are good; they can't be taken back",
    )
    session_days: int = Field(
        30,
        ge=1,
        le=365,
        description="days after which people sign in anew at the user pool, even if they are never away",
    )

    @field_validator("domain_prefix")
    @classmethod
    def _needed(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and "issuer" in info.data and info.data["issuer"] is None:
            raise wrong("must be given, or issuer")
        if value is not None and any(word in value for word in ("aws", "amazon", "cognito")):
            raise wrong("must not hold aws, amazon or cognito")
        return value

    @field_validator("clients")
    @classmethod
    def _belong_to_a_user_pool(
        cls, value: dict[str, tuple[str, ...]], info: ValidationInfo
    ) -> dict[str, tuple[str, ...]]:
        urls = [info.data.get(name) for name in ("customer_callback_urls", "staff_callback_urls")]
        if info.data.get("issuer") is not None:
            if value or any(urls):
                raise wrong("and callback URLs are of a user pool: register clients at the issuer, or leave it out")
        elif info.data.get("domain_prefix") is not None and not value and not any(urls):
            raise wrong("must name a program, or give customerCallbackUrls or staffCallbackUrls: nobody gets a token")
        if taken := sorted({"customers", "staff"} & value.keys()):
            raise wrong(f"must not be called {', '.join(taken)}, as the clients of people are")
        return value


class Throttle(Group):
    rate: float = Field(50, gt=0, le=10_000, description="requests per second")
    burst: int = Field(100, ge=1, le=5_000, description="requests at once")


class DomainSettings(Group):
    """After the first update with a domain, the address that AWS gives the API refuses calls."""

    name: Annotated[str, StringConstraints(pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")] = (
        Field(description="host name of the API, such as api.example.com")
    )
    certificate_arn: CertificateArn = Field(
        description="its certificate in Certificate Manager, in the stack's region, issued already"
    )
    hosted_zone_id: Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{1,31}$")] | None = Field(
        None,
        description="zone of Route 53 that gets the name; default: make a CNAME yourself, to what `aws apigatewayv2 "
        "get-domain-name` shows as ApiGatewayDomainName",
    )


class ApiSettings(Group):
    """The gateway."""

    throttle: Throttle = Field(description="token bucket of routes whose operation has no x-throttle, and of the stage")
    cors_origins: Annotated[
        tuple[str, ...],
        in_production(lambda origins: all(map(_https, origins)), "must hold https:// origins only"),
    ] = Field((), description="origins of web pages that may call; none: no CORS")
    log_retention_days: RetentionDays = Field(14, description="days for which access logs are kept")
    domain: Annotated[
        DomainSettings | None,
        on_this_machine(lambda domain: domain is None, "must not be set: this machine is localhost"),
    ] = Field(None, description="the API's own name, instead of one of AWS; default: none")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("https", "http")
                or not parts.netloc
                or f"{parts.scheme}://{parts.netloc}" != origin
            ):
                raise wrong(f"must hold origins such as https://app.example.com, not {origin!r}")
        return value


class Canary(Group):
    previous_version: int = Field(ge=1, description="published version that keeps a share of the calls")
    weight: float = Field(gt=0, le=1, description="that share; 0.9 sends one call of ten to the newest version, 1 none")


class FunctionSettings(Group):
    memory: int = Field(512, ge=128, le=10_240, description="MiB; CPU grows with it, 1769 MiB are one core")
    timeout: int = Field(
        28, ge=3, le=28, description="seconds; below the gateway's 29, so that the function's own answer arrives"
    )
    reserved_concurrency: int | None = Field(
        None, ge=1, le=10_000, description="calls at a time, at most; protects the cluster; default: the account's rest"
    )
    log_level: LogLevel = Field("INFO", description="least level of the lines that are logged")
    log_retention_days: RetentionDays = Field(14, description="days for which logs are kept")
    canary: Canary | None = Field(None, description="a previous version keeps a share of the calls; default: none")
    provisioned_concurrency: Annotated[
        int | None,
        on_this_machine(lambda count: count is None, "must not be set: nothing is kept warm on this machine"),
    ] = Field(
        None,
        ge=1,
        le=10_000,
        description="calls at a time for which environments are kept warm, at a price per hour; not with canary, at "
        "most reservedConcurrency; default: none",
    )

    @field_validator("provisioned_concurrency")
    @classmethod
    def _possible(cls, value: int | None, info: ValidationInfo) -> int | None:
        """Refuses to keep environments of a canary warm, as Lambda does.

        https://github.com/hashicorp/terraform/issues/24957
        https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
        """
        if value is not None and info.data.get("canary") is not None:
            raise wrong("must not be set together with canary: Lambda takes no shares of calls at such an alias")
        reserved = info.data.get("reserved_concurrency")
        if value is not None and reserved is not None and value > reserved:
            raise wrong(f"must be at most reservedConcurrency, which is {reserved}")
        return value


class OrchestratorSettings(FunctionSettings):
    api_keys_secret_arn: SecretArn | None = Field(
        None,
        description="secret of Secrets Manager with the API keys that callers need besides a token: a JSON object of "
        "their SHA-256, in hexadecimal digits, by their owners' names; default: tokens are enough",
    )
    trace_sample_rate: float = Field(
        0.01,
        ge=0,
        le=1,
        description="share of the traces that begin here that is recorded; a caller's choice goes before",
    )

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the function."""
        keys = {} if self.api_keys_secret_arn is None else {"API_KEYS_SECRET_ARN": self.api_keys_secret_arn}
        return {"TRACE_SAMPLE_RATE": str(self.trace_sample_rate), **keys}

    @property
    def secret_arns(self) -> tuple[str, ...]:
        """Secrets that the function reads."""
        return () if self.api_keys_secret_arn is None else (self.api_keys_secret_arn,)


class FulfilmentSettings(FunctionSettings):
    timeout: Annotated[
        int,
        check(
            lambda seconds: seconds >= SECONDS_PER_EVENT + RESERVE,
            f"must be at least {math.ceil(SECONDS_PER_EVENT + RESERVE)}: a message has {SECONDS_PER_EVENT:g} s, and a "
            "call that is killed at its work tells of nothing",
        ),
    ] = Field(28, ge=3, le=28, description="seconds; an event that a killed call had comes again after six of them")


class FunctionsSettings(Group):
    orchestrator: OrchestratorSettings = Field(description="the function behind the gateway")
    catalog: FunctionSettings = Field(description="products")
    orders: FunctionSettings = Field(description="orders")
    relay: FunctionSettings = Field(description="sends the orders' events to the bus")
    fulfilment: FulfilmentSettings = Field(description="works on the orders' events; calls billing and analytics")


class EncryptionSettings(Group):
    customer_key: Annotated[
        bool, in_production(bool, "must be true: the stack can't decide who may use AWS's own keys")
    ] = Field(
        False,
        description="a KMS key of the stack's own for tables and secrets, at some dollars a month; else AWS's. "
        "Not for this machine",
    )


class EventsSettings(Group):
    """The events of orders."""

    archive_days: int = Field(30, ge=1, le=3650, description="days for which events can be replayed")
    max_receives: int = Field(
        10,
        ge=3,
        le=100,
        description="tries of an event until it goes to the dead-letter queue; the pauses between them grow from at "
        "most 2 to at most 900 seconds, so that 10 outlast an outage of 9 to 17 minutes",
    )
    max_concurrency: int = Field(
        5, ge=2, le=1000, description="calls of fulfilment at a time: the services get no more load from events"
    )


@dataclass(frozen=True, kw_only=True)
class CommerceSettings:
    """The settings of commerce: two groups of the stack's file."""

    functions: FunctionsSettings
    """Size and limits of the functions."""
    events: EventsSettings
    """The days for which events are kept, and the number of their tries."""
