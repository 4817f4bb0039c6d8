"""The function that answers for the services: it checks requests, forwards them and gives the answers one form."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions

from components.aws.bundle import bundle
from components.aws.client_secret import ClientSecret, ClientSecretArgs
from components.aws.encryption_key import reading
from components.aws.function import RUNTIME, Function, FunctionArgs
from components.aws.grants import ReadSecret
from components.aws.shared import Shared
from components.feature_tag import feature
from components.identity import Identity
from components.ingress import Ingress
from components.settings.aws import OrchestratorSettings


@dataclass(frozen=True, kw_only=True)
class OrchestratorArgs:
    ingress: Ingress
    """The way by which the function, which the ingress knows by its name, calls the services."""
    identity: Identity
    """The issuer of the callers' tokens, which says how these name scopes."""
    shared: Shared
    """The key that encrypts what is stored, and the collector that gets the spans."""
    settings: OrchestratorSettings
    """Size, limits and API keys: `functions.orchestrator` of the stack's file."""


class Orchestrator(ComponentResource):
    """A function that calls the ingress with a certificate that nobody else can read."""

    function: Function
    """The function, which the gateway calls."""

    def __init__(self, name: str, args: OrchestratorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Orchestrator", name, {}, feature("edge", opts))
        own, upstream = ResourceOptions(parent=self), args.ingress.callers[name]
        client = ClientSecret(name, ClientSecretArgs(caller=name, upstream=upstream, key_arn=args.shared.key_arn), own)
        self.function = Function(
            name,
            FunctionArgs(
                description="Checks requests, forwards them to the services and gives their answers one form",
                code=bundle(name, "app.functions.orchestrator.handler", RUNTIME),
                handler="app.functions.orchestrator.handler.handler",
                environment={
                    "UPSTREAM_URL": upstream.url,
                    "UPSTREAM_TLS_SECRET_ARN": client.secret_arn,
                    **args.identity.environment,
                    **args.settings.environment,
                    **args.shared.collector.environment,
                },
                grants=[
                    ReadSecret(secret_arn=client.secret_arn),
                    *reading(args.shared.key_arn, "secretsmanager"),
                    *(ReadSecret(secret_arn=arn) for arn in args.settings.secret_arns),
                    *args.shared.collector.grants,
                ],
                settings=args.settings,
            ),
            own,
        )
        self.register_outputs({"function": self.function.function_name})
