"""Rules of the public API, and of what it may call."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack, expect, given, items

_API, _MAPPING = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/apiMapping:ApiMapping"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide"


def routes_need_a_token(route: Resource) -> Iterator[Finding]:
    yield from expect(
        route, "authorizationType", "JWT", do="Give the operation a security requirement in app/contract/openapi.yaml."
    )
    if route.get("authorizationType") == "JWT":
        yield from given(
            route,
            "authorizationScopes",
            allowed="name at least one scope",
            do="Name the operation's scopes in app/contract/openapi.yaml: without one any token will do.",
        )
        yield from given(
            route, "authorizerId", allowed="name an authorizer", do="Use the API's: it knows issuer and audience."
        )


def authorizers_know_whose_tokens(authorizer: Resource) -> Iterator[Finding]:
    issuer = authorizer.get("jwtConfiguration.issuer", "")
    if not issuer.startswith("https://"):
        yield Finding(
            property="jwtConfiguration.issuer",
            allowed="be an https URL",
            given=issuer,
            do="Name the user pool's issuer, or set identity.issuer in the stack's file.",
        )
    yield from given(
        authorizer,
        "jwtConfiguration.audiences",
        allowed="name who the tokens are for",
        do="Name the API's client or audience.",
    )


def browsers_only_from_named_origins(api: Resource) -> Iterator[Finding]:
    origins = items(api.get("corsConfiguration.allowOrigins"))
    if "*" in origins:
        yield Finding(
            property="corsConfiguration.allowOrigins",
            allowed="name origins",
            given=list(origins),
            do="List the web pages that may call in api.corsOrigins of the stack's file.",
        )


def stages_are_throttled(stage: Resource) -> Iterator[Finding]:
    places = {"defaultRouteSettings": stage.get("defaultRouteSettings", {})} | {
        f"routeSettings[{route.get('routeKey')}]": route for route in items(stage.get("routeSettings"))
    }
    for place, settings in places.items():
        for limit in ("throttlingRateLimit", "throttlingBurstLimit"):
            value = settings.get(limit)
            if not isinstance(value, int | float) or value <= 0:
                yield Finding(
                    property=f"{place}.{limit}",
                    allowed="be above 0",
                    given=value,
                    do="Set api.throttle in the stack's file, or x-throttle in app/contract/openapi.yaml.",
                )


def functions_are_called_by_one_caller(permission: Resource) -> Iterator[Finding]:
    principal = permission.get("principal", "")
    if "*" in principal or not principal:
        yield Finding(
            property="principal",
            allowed="be one service or account",
            given=principal,
            do="Name the AWS service that calls, such as apigateway.amazonaws.com.",
        )
    yield from expect(permission, "action", "lambda:InvokeFunction", do="Let it call the function, and no more.")
    yield from given(
        permission,
        "sourceArn",
        allowed="name what calls",
        do="Set source_arn, or the service calls for any account that asks it to.",
    )
    yield from given(
        permission,
        "qualifier",
        allowed="name an alias",
        do="Set qualifier to the function's alias, so that unpublished code can't be called.",
    )


def function_urls_need_signatures(url: Resource) -> Iterator[Finding]:
    yield from expect(
        url, "authorizationType", "AWS_IAM", do="Let callers come through the API, or sign their requests."
    )


def domains_speak_tls_1_2(domain: Resource) -> Iterator[Finding]:
    yield from expect(
        domain,
        "domainNameConfiguration.securityPolicy",
        "TLS_1_2",
        do="Use components/aws/domain.py, which sets it.",
    )


def apis_have_one_entrance(stack: Stack) -> Iterator[Finding]:
    for api in stack.of(_API) if any(stack.of(_MAPPING)) else ():
        if api.get("disableExecuteApiEndpoint") is not True:
            yield Finding(
                property="disableExecuteApiEndpoint",
                allowed="be true beside a name of its own",
                given=api.get("disableExecuteApiEndpoint"),
                do="Set it: what guards the name does not guard the address that AWS gave.",
                resource=api,
            )


RULES = (
    Rule(
        name="routes-need-a-token",
        why="A route without an authorizer answers everybody on the internet",
        source=f"{_GATEWAY}/http-api-jwt-authorizer.html",
        types=("aws:apigatewayv2/route:Route",),
        resource=routes_need_a_token,
    ),
    Rule(
        name="authorizers-know-whose-tokens",
        why="Keys fetched without TLS can be replaced, and a token that was made for another API opens this one",
        source=f"{_GATEWAY}/http-api-jwt-authorizer.html",
        types=("aws:apigatewayv2/authorizer:Authorizer",),
        resource=authorizers_know_whose_tokens,
        clouds_only=True,
    ),
    Rule(
        name="browsers-only-from-named-origins",
        why="With * every web page can read answers with its visitor's token",
        source=f"{_GATEWAY}/http-api-cors.html",
        types=(_API,),
        resource=browsers_only_from_named_origins,
    ),
    Rule(
        name="stages-are-throttled",
        why="One caller could use up the account's quota; and a limit left out is 0, which refuses every request",
        source=f"{_GATEWAY}/http-api-throttling.html",
        types=("aws:apigatewayv2/stage:Stage",),
        resource=stages_are_throttled,
    ),
    Rule(
        name="domains-speak-tls-1-2",
        why="Older versions of TLS can be read and changed on the way",
        source=f"{_GATEWAY}/http-api-custom-domain-names.html",
        types=("aws:apigatewayv2/domainName:DomainName",),
        resource=domains_speak_tls_1_2,
    ),
    Rule(
        name="apis-have-one-entrance",
        why="The second entrance has neither the certificate of the name nor the protection in front of it",
        source=f"{_GATEWAY}/http-api-disable-default-endpoint.html",
        types=(_API, _MAPPING),
        stack=apis_have_one_entrance,
    ),
    Rule(
        name="functions-are-called-by-one-caller",
        why="A permission without a source lets that service call for anybody (the confused deputy)",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        types=("aws:lambda/permission:Permission",),
        resource=functions_are_called_by_one_caller,
    ),
    Rule(
        name="function-urls-need-signatures",
        why="A function URL without IAM is a second, unthrottled entry",
        source="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        types=("aws:lambda/functionUrl:FunctionUrl",),
        resource=function_urls_need_signatures,
    ),
)
