"""A host name of its own for the API."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

from components.settings.aws import DomainSettings

gateway = aws.apigatewayv2


@dataclass(frozen=True, kw_only=True)
class DomainArgs:
    api_id: Input[str]
    """The API that answers under the name."""
    stage_id: Input[str]
    """The API's stage."""
    settings: DomainSettings
    """Name, certificate and zone: `api.domain` of the stack's file."""


class Domain(ComponentResource):
    """A host name that is served by TLS 1.2 at least.

    HTTP APIs can be told to take no higher minimum
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html).
    """

    def __init__(self, name: str, args: DomainArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Domain", name, {}, opts)
        own, host = ResourceOptions(parent=self), args.settings.name
        domain = gateway.DomainName(
            name,
            domain_name=host,
            domain_name_configuration=gateway.DomainNameDomainNameConfigurationArgs(
                certificate_arn=args.settings.certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
            ),
            opts=own,
        )
        gateway.ApiMapping(name, api_id=args.api_id, domain_name=domain.domain_name, stage=args.stage_id, opts=own)
        target = domain.domain_name_configuration
        if args.settings.hosted_zone_id is not None:
            aws.route53.Record(
                name,
                name=host,
                type="A",
                zone_id=args.settings.hosted_zone_id,
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=target.target_domain_name, zone_id=target.hosted_zone_id, evaluate_target_health=False
                    )
                ],
                opts=own,
            )
        self.register_outputs({"domain": domain.domain_name})
