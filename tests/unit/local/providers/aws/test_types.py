"""The whole life of each type, against the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import Aws
from planning.replacements import replaces
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import TRUST, Program
from tests.unit.local.providers.aws.life import Case, live


def policy(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def api_part(operation: str, member: str, key: str) -> Callable[[Aws, Properties], Any]:
    def read(aws: Aws, made: Properties) -> Any:
        return aws.call("apigatewayv2", operation, {"ApiId": made["apiId"], key: made["id"]}).get(member)

    return read


def of_api(**inputs: Any) -> Callable[[Program, Archive], Properties]:
    return lambda program, _: {"apiId": program.make("Api", "edge", protocolType="HTTP")["id"], **inputs}


def routed(program: Program, _: Archive) -> Properties:
    api = program.make("Api", "edge", protocolType="HTTP")["id"]
    program.make("Route", "users", apiId=api, routeKey="GET /users")
    throttles = {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}
    return {"apiId": api, "name": "$default", "autoDeploy": True, "defaultRouteSettings": throttles}


CASES = [
    Case(
        type="Role",
        inputs=lambda *_: {"assumeRolePolicy": TRUST, "description": "one", "tags": {"Team": "edge"}},
        change={"description": "two", "maxSessionDuration": 7200},
        read=lambda aws, made: aws.call("iam", "GetRole", {"RoleName": made["id"]})["Role"]["Description"],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name", "uniqueId", "tagsAll"}),
    ),
    Case(
        type="RolePolicy",
        inputs=lambda program, _: {
            "role": program.make("Role", "owner", assumeRolePolicy=TRUST)["id"],
            "policy": policy("s3:GetObject"),
        },
        change={"policy": policy("s3:PutObject")},
        read=lambda aws, made: aws.call("iam", "GetRolePolicy", {"RoleName": made["role"], "PolicyName": made["name"]})[
            "PolicyDocument"
        ]["Statement"][0]["Action"],
        before="s3:GetObject",
        after="s3:PutObject",
        outputs=frozenset({"name", "role"}),
    ),
    Case(
        type="LogGroup",
        inputs=lambda *_: {"namePrefix": "/edge/", "retentionInDays": 14},
        change={"retentionInDays": 90},
        read=lambda aws, made: aws.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": made["name"]})["logGroups"][
            0
        ].get("retentionInDays"),
        before=14,
        after=90,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Secret",
        inputs=lambda *_: {"description": "one", "recoveryWindowInDays": 7},
        change={"description": "two"},
        read=lambda aws, made: aws.call("secretsmanager", "DescribeSecret", {"SecretId": made["arn"]})["Description"],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Function",
        inputs=lambda program, archive: {
            "role": program.make("Role", "runner", assumeRolePolicy=TRUST)["arn"],
            "handler": "app.handler",
            "runtime": "python3.13",
            "code": archive,
            "publish": True,
            "memorySize": 512.0,
            "environment": {"variables": {"LOG_LEVEL": "INFO", "timeout": "3"}},
        },
        change={"memorySize": 1024.0, "environment": {"variables": {"LOG_LEVEL": "DEBUG"}}},
        read=lambda aws, made: aws.call("lambda", "GetFunctionConfiguration", {"FunctionName": made["arn"]})[
            "Environment"
        ]["Variables"],
        before={"LOG_LEVEL": "INFO", "timeout": "3"},
        after={"LOG_LEVEL": "DEBUG"},
        outputs=frozenset({"arn", "invokeArn", "name", "qualifiedArn", "qualifiedInvokeArn", "version", "codeSha256"}),
    ),
    Case(
        type="Alias",
        inputs=lambda program, archive: {
            "name": "live",
            "functionName": program.function("aliased", archive)["name"],
            "functionVersion": "1",
        },
        change={"functionVersion": "$LATEST", "routingConfig": {"additionalVersionWeights": {"1": 0.1}}},
        read=lambda aws, made: aws.call("lambda", "GetAlias", {"FunctionName": made["functionName"], "Name": "live"})[
            "FunctionVersion"
        ],
        before="1",
        after="$LATEST",
        outputs=frozenset({"arn", "invokeArn", "name"}),
    ),
    Case(
        type="Api",
        inputs=lambda *_: {"protocolType": "HTTP", "corsConfiguration": {"allowOrigins": ["https://a"], "maxAge": 1.0}},
        change={"corsConfiguration": None},
        read=lambda aws, made: aws.call("apigatewayv2", "GetApi", {"ApiId": made["id"]}).get("CorsConfiguration"),
        before={"AllowOrigins": ["https://a"], "MaxAge": 1},
        after=None,
        outputs=frozenset({"apiEndpoint", "arn", "executionArn", "name"}),
    ),
    Case(
        type="Integration",
        inputs=of_api(integrationType="AWS_PROXY", integrationUri="arn:one", payloadFormatVersion="2.0"),
        change={"integrationUri": "arn:two", "timeoutMilliseconds": 29_000.0},
        read=api_part("GetIntegration", "IntegrationUri", "IntegrationId"),
        before="arn:one",
        after="arn:two",
        outputs=frozenset(),
    ),
    Case(
        type="Authorizer",
        inputs=of_api(
            authorizerType="JWT",
            identitySources=["$request.header.Authorization"],
            jwtConfiguration={"issuer": "http://127.0.0.1:1", "audiences": ["one"]},
        ),
        change={"jwtConfiguration": {"issuer": "http://127.0.0.1:1", "audiences": ["two"]}},
        read=api_part("GetAuthorizer", "JwtConfiguration", "AuthorizerId"),
        before={"Issuer": "http://127.0.0.1:1", "Audience": ["one"]},
        after={"Issuer": "http://127.0.0.1:1", "Audience": ["two"]},
        outputs=frozenset({"name"}),
    ),
    Case(
        type="Route",
        inputs=of_api(
            routeKey="POST /users",
            target="integrations/x",
            authorizationType="JWT",
            authorizerId="y",
            authorizationScopes=["users:read"],
        ),
        change={"authorizationType": "NONE", "authorizerId": None, "authorizationScopes": None},
        read=api_part("GetRoute", "AuthorizationScopes", "RouteId"),
        before=["users:read"],
        after=[],
        outputs=frozenset(),
    ),
    Case(
        type="Stage",
        inputs=routed,
        change={
            "routeSettings": [{"routeKey": "GET /users", "throttlingRateLimit": 5, "throttlingBurstLimit": 10}],
        },
        read=lambda aws, made: aws.call("apigatewayv2", "GetStage", {"ApiId": made["apiId"], "StageName": made["id"]})[
            "RouteSettings"
        ],
        before={},
        after={"GET /users": {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 10}},
        outputs=frozenset({"arn", "executionArn", "invokeUrl", "name"}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_each_type_is_made_adopted_changed_and_deleted(
    case: Case, program: Program, archive: Archive, api: Aws
) -> None:
    live(case, program, archive, api)


def test_creating_again_brings_what_is_there_to_the_inputs(program: Program, api: Aws) -> None:
    program.make("Role", "runner", assumeRolePolicy=TRUST, description="before the crash")
    program.make("Role", "runner", assumeRolePolicy=TRUST, description="after")
    assert api.call("iam", "GetRole", {"RoleName": "runner"})["Role"]["Description"] == "after"


def test_an_input_taken_away_goes_back_to_the_default_of_aws(program: Program, api: Aws) -> None:
    made = program.make("LogGroup", "edge", retentionInDays=14)
    program.handler("LogGroup").update(made["id"], {"retentionInDays": 14}, {}, made)
    (group,) = api.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": "edge"})["logGroups"]
    assert "retentionInDays" not in group


class Empty:
    """The content of an answer that has none."""

    def stream(self) -> Iterator[bytes]:
        return iter([])


def test_a_failure_of_the_emulator_itself_is_tried_again(program: Program, api: Aws) -> None:
    """It adds up all that a group holds, and fails over a log stream that begins meanwhile."""
    made = program.make("LogGroup", "busy")
    failures = iter([500, 500])

    def fail(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        status = next(failures, None)
        return AWSResponse(request.url, status, HeadersDict(), Empty()) if status else None

    events = api._client("logs").meta.events
    events.register("before-send.logs.DescribeLogGroups", fail)
    assert program.handler("LogGroup").exists(made["id"], made)
    events.unregister("before-send.logs.DescribeLogGroups", fail)
    assert next(failures, None) is None


def test_secret_version_is_the_current_value_and_deleting_an_old_one_leaves_it(program: Program, api: Aws) -> None:
    secret = program.make("Secret", "client")["id"]
    one = program.make("SecretVersion", "client", secretId=secret, secretString="hunter2")
    assert program.make("SecretVersion", "client", secretId=secret, secretString="hunter2") == one
    two = program.make("SecretVersion", "client", secretId=secret, secretString="hunter3")
    handler = program.handler("SecretVersion")
    handler.delete(one["id"], one)
    assert api.call("secretsmanager", "GetSecretValue", {"SecretId": secret})["SecretString"] == "hunter3"
    assert handler.exists(two["id"], two)
    assert "secretString" in handler.secret_outputs
    program.handler("Secret").delete(secret, {"name": "client"})
    assert not handler.exists(two["id"], two)


def test_a_secret_that_someone_else_made_or_marked_for_deletion_is_not_the_programs(program: Program, api: Aws) -> None:
    made = program.make("Secret", "client")
    handler = program.handler("Secret")
    api.call("secretsmanager", "DeleteSecret", {"SecretId": made["id"], "ForceDeleteWithoutRecovery": True})
    api.call("secretsmanager", "CreateSecret", {"Name": "client"})
    assert not handler.exists(made["id"], made), "its ARN, which others hold, is another"
    adopted = program.make("Secret", "client")
    assert handler.exists(adopted["id"], adopted)
    api.call("secretsmanager", "DeleteSecret", {"SecretId": adopted["id"], "RecoveryWindowInDays": 7})
    assert not handler.exists(adopted["id"], adopted)


def test_a_log_group_is_not_taken_for_another_of_the_same_prefix(program: Program) -> None:
    two, one = program.make("LogGroup", "edge-access"), program.make("LogGroup", "edge")
    assert (one["id"], two["id"]) == ("edge", "edge-access")
    handler = program.handler("LogGroup")
    handler.delete(one["id"], one)
    assert not handler.exists(one["id"], one)
    assert handler.exists(two["id"], two)


def test_changed_tags_are_kept_in_the_state_alone(program: Program) -> None:
    old, new = ({"assumeRolePolicy": TRUST, "tags": {"team": name}} for name in ("edge", "core"))
    made = program.make("Role", "runner", **old)
    outputs = {**new, **program.handler("Role").update(made["id"], old, new, made)}
    assert outputs["tagsAll"] == {"team": "core"}
    assert program.handler("Role").exists(made["id"], outputs)


def test_two_integrations_of_the_same_target_are_two(program: Program) -> None:
    api = program.make("Api", "edge", protocolType="HTTP")["id"]
    inputs = {"apiId": api, "integrationType": "AWS_PROXY", "integrationUri": "arn:one"}
    assert program.make("Integration", "a", **inputs)["id"] != program.make("Integration", "b", **inputs)["id"]


def test_a_role_is_deleted_with_the_policies_that_its_replacement_gets_again(program: Program) -> None:
    role = program.make("Role", "runner", assumeRolePolicy=TRUST, path="/one/")
    held = program.make("RolePolicy", "runner", role="runner", policy=policy("s3:GetObject"))
    handler = program.handler("Role")
    assert replaces("aws:iam/role:Role", "path")
    handler.delete(role["id"], role)
    assert not program.handler("RolePolicy").exists(held["id"], held)


@pytest.mark.parametrize(
    ("type_", "inputs", "named"),
    [
        (
            "Role",
            {"assumeRolePolicy": TRUST, "managedPolicyArns": ["arn:aws:iam::aws:policy/Admin"]},
            "managedPolicyArns",
        ),
        ("Secret", {"policy": "{}"}, "policy"),
        ("Function", {"role": "r", "s3Bucket": "b", "s3Key": "k"}, "s3Bucket, s3Key"),
        ("Function", {"role": "r", "handler": "app.handler"}, "zip file"),
        ("Api", {"protocolType": "HTTP", "body": "openapi"}, "body"),
        ("Api", {"protocolType": "WEBSOCKET"}, "protocolType must be HTTP"),
        ("Stage", {"apiId": "a", "name": "v1", "autoDeploy": True}, "$default"),
        ("Stage", {"apiId": "a", "name": "$default"}, "autoDeploy"),
        (
            "Stage",
            {"apiId": "a", "name": "$default", "autoDeploy": True, "stageVariables": {"a": "b"}},
            "stageVariables",
        ),
        ("LogGroup", {"region": "us-east-1"}, "region eu-central-1"),
        ("LogGroup", {"skipDestroy": True}, "skipDestroy"),
    ],
)
def test_what_it_can_not_honour_is_refused_by_name(
    program: Program, type_: str, inputs: Properties, named: str
) -> None:
    with pytest.raises(ProviderError, match="thing") as refused:
        program.handler(type_).create("thing", inputs)
    assert named in str(refused.value)


def test_an_input_that_comes_later_is_refused_too(program: Program) -> None:
    made = program.make("Secret", "client", forceOverwriteReplicaSecret=False)
    with pytest.raises(ProviderError, match="can't honour forceOverwriteReplicaSecret"):
        program.handler("Secret").update(made["id"], {}, {"forceOverwriteReplicaSecret": True}, made)


def test_an_error_of_aws_is_shown_with_the_resource(program: Program) -> None:
    with pytest.raises(ProviderError, match=r"LogGroup '/edge'.*Invalid retentionInDays value: 2") as refused:
        program.handler("LogGroup").create("thing", {"name": "/edge", "retentionInDays": 2})
    assert "InvalidParameterException" in str(refused.value)
