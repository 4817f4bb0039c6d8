"""The public API and what it may start."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, expect, given, items

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


RULES = (
    Rule(
        name="routes-need-a-token",
        why="A route without an authorizer answers everybody on the internet",
        source=f"{_GATEWAY}/http-api-jwt-authorizer.html",
        types=("aws:apigatewayv2/route:Route",),
        resource=routes_need_a_token,
    ),
    Rule(
        name="browsers-only-from-named-origins",
        why="With * every web page can read answers with its visitor's token",
        source=f"{_GATEWAY}/http-api-cors.html",
        types=("aws:apigatewayv2/api:Api",),
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
