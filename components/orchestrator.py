"""The function that answers for the services: it checks requests, forwards them and gives the answers one form."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions

from components.aws.bundle import bundle
from components.aws.client_secret import ClientSecret, ClientSecretArgs
from components.aws.function import RUNTIME, Function, FunctionArgs
from components.aws.grants import ReadSecret
from components.encryption_key import EncryptionKey, reading
from components.feature_tag import feature
from components.identity import Identity
from components.ingress import Ingress
from components.settings.aws import OrchestratorSettings


@dataclass(frozen=True, kw_only=True)
class OrchestratorArgs:
    ingress: Ingress
    identity: Identity
    key: EncryptionKey | None
    settings: OrchestratorSettings


class Orchestrator(ComponentResource):
    """Calls the ingress with a certificate that nobody else can read."""

    function: Function

    def __init__(self, name: str, args: OrchestratorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Orchestrator", name, {}, feature("edge", opts))
        own = ResourceOptions(parent=self)
        client = ClientSecret(
            name, ClientSecretArgs(certificates=args.ingress.certificates, caller=name, key=args.key), own
        )
        self.function = Function(
            name,
            FunctionArgs(
                description="Checks requests, forwards them to the services and gives their answers one form",
                code=bundle(name, "app.functions.orchestrator.handler", RUNTIME),
                handler="app.functions.orchestrator.handler.handler",
                environment={
                    "UPSTREAM_URL": args.ingress.url,
                    "UPSTREAM_TLS_SECRET_ARN": client.secret_arn,
                    "SCOPE_PREFIX": args.identity.scope_prefix,
                    **args.settings.environment,
                },
                grants=[
                    ReadSecret(secret_arn=client.secret_arn),
                    *reading(args.key, "secretsmanager"),
                    *(ReadSecret(secret_arn=arn) for arn in args.settings.secret_arns),
                ],
                settings=args.settings,
            ),
            own,
        )
        self.register_outputs({"function": self.function.function_name})
