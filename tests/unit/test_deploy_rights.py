"""The rights in docs/deploy: as many as the program needs on each cloud, and no more."""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

import botocore.session
import pytest

from components.azure.roles import Role
from tests.support.program import ROOT, deployed

FOLDER = ROOT / "docs" / "deploy"
STACKS = ("dev", "prod")
EVERY = pytest.mark.parametrize("stack", STACKS)

IAM_PREFIXES = {"apigatewayv2": "apigateway", "cognito": "cognito-idp"}
OF_CLOUDWATCH = {"eventArchive": "events", "eventBus": "events", "eventRule": "events", "eventTarget": "events"} | {
    "dashboard": "cloudwatch",
    "logGroup": "logs",
    "metricAlarm": "cloudwatch",
}
PERMISSIONS_ONLY = {
    *("apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"),
    *("iam:PassRole", "lambda:InvokeFunction"),
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery"),
    *("logs:ListLogDeliveries", "logs:UpdateLogDelivery", "s3:ListBucket"),
    *("cloudformation:TagResource", "cloudformation:UntagResource"),
}
"""Actions that are no call of an API: https://docs.aws.amazon.com/service-authorization/latest/reference/"""
SERVICES = {"apigateway": "apigatewayv2"}

Json = dict[str, Any]


def statements(name: str) -> list[Json]:
    found: list[Json] = json.loads((FOLDER / f"{name}.json").read_text())["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def actions(name: str) -> set[str]:
    return {action for statement in statements(name) for action in listed(statement["Action"])}


def prefix(type_: str) -> str:
    """Returns the prefix of the IAM actions on a resource type such as `aws:sqs/queue:Queue`."""
    module, _, name = type_.split(":")[1].partition("/")
    return OF_CLOUDWATCH[name] if module == "cloudwatch" else IAM_PREFIXES.get(module, module)


DEPLOYER = ("aws-deployer", "aws-deployer-data")
"""The files with the rights of whoever deploys; one alone would be too large for a managed policy."""


def of_the_deployer() -> set[str]:
    return set().union(*(actions(name) for name in DEPLOYER))


def test_the_deployer_has_rights_in_the_services_of_the_program_and_in_no_other() -> None:
    types = {r.type for stack in STACKS for r in deployed(stack, False).resources if r.type.startswith("aws:")}
    assert {action.partition(":")[0] for action in of_the_deployer()} == {prefix(type_) for type_ in types}


@pytest.mark.parametrize("name", [*DEPLOYER, "aws-state", "aws-preview", "aws-drift"])
def test_every_action_exists(name: str) -> None:
    session, unknown = botocore.session.Session(), []
    for action in sorted(actions(name) - PERMISSIONS_ONLY):
        service, _, pattern = action.partition(":")
        known = session.get_service_model(SERVICES.get(service, service)).operation_names
        if not fnmatch.filter(known, pattern):
            unknown.append(action)
    assert unknown == []


def test_the_deployer_reads_no_item_and_no_message() -> None:
    data = {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "sqs:ReceiveMessage", "sqs:SendMessage"}
    data |= {"sns:Publish", "events:PutEvents", "logs:GetLogEvents"}
    assert {each for each in data for allowed in of_the_deployer() if fnmatch.fnmatchcase(each, allowed)} == set()


def test_the_deployer_makes_no_role_of_a_service_but_api_gateways() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html"""
    making = [s for name in DEPLOYER for s in statements(name) if "CreateServiceLinkedRole" in str(s["Action"])]
    (statement,) = making
    service = "ops.apigateway.amazonaws.com"
    assert listed(statement["Action"]) == ["iam:CreateServiceLinkedRole"]
    assert statement["Condition"] == {"StringEquals": {"iam:AWSServiceName": service}}
    assert statement["Resource"] == f"arn:aws:iam::ACCOUNT:role/aws-service-role/{service}/AWSServiceRoleForAPIGateway"


@EVERY
def test_the_deployer_calls_versions_of_the_program_s_functions_and_nothing_else(stack: str) -> None:
    """A delivery calls each new version before anybody else does."""
    functions = {r.name for r in deployed(stack, False).resources if r.type == "aws:lambda/function:Function"}
    (calling,) = (s for s in statements("aws-deployer") if "lambda:InvokeFunction" in listed(s["Action"]))
    assert calling["Action"] == "lambda:InvokeFunction"
    named = {f"arn:aws:lambda:REGION:ACCOUNT:function:{function}-*:*" for function in functions}
    assert set(calling["Resource"]) == named


@EVERY
def test_the_deployer_makes_the_roles_of_the_program_and_no_other(stack: str) -> None:
    roles = {r.name for r in deployed(stack, False).resources if r.type == "aws:iam/role:Role"}
    for statement in statements("aws-deployer"):
        named = {action for action in listed(statement["Action"]) if action.startswith("iam:")}
        if named - {"iam:CreateServiceLinkedRole"}:
            assert {arn.rpartition("/")[2] for arn in statement["Resource"]} == {f"{role}-*" for role in roles}


def test_roles_are_passed_to_functions_and_rules_alone() -> None:
    (passing,) = (s for s in statements("aws-deployer") if "iam:PassRole" in listed(s["Action"]))
    services = passing["Condition"]["StringEquals"]["iam:PassedToService"]
    assert set(services) == {"lambda.amazonaws.com", "events.amazonaws.com"}


QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
MANAGED, INLINE_OF_A_ROLE = 6_144, 10_240
"""Characters that a managed policy and all inline policies of a role together may have, white space apart (QUOTAS)."""


def size(name: str) -> int:
    """Returns the characters of a policy in which real names, longer than those that stand for them, are filled in."""
    text = (FOLDER / f"{name}.json").read_text()
    names = {"ACCOUNT": "123456789012", "REGION": "ap-southeast-2", "BUCKET": "b" * 63, "KEY": "k" * 36}
    for name_, value in names.items():
        text = text.replace(name_, value)
    return len("".join(text.split()))


def attached() -> list[list[str]]:
    """Returns the policies of each list that deploy.md gives to a role or to people."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    found = re.findall(r"^(?:role \S+|for policy in) ((?:aws-[a-z-]+ ?)+)", text, re.MULTILINE)
    return [names.split() for names in found]


def test_a_role_has_room_for_its_policies_and_people_for_theirs() -> None:
    roles = [names for names in attached() if set(names) >= set(DEPLOYER)]
    assert len(roles) == 4, "two roles of GitHub's, people, and what takes the people's policies away"
    for names in roles:
        assert set(names) == {*DEPLOYER, "aws-state"}
        assert sum(size(name) for name in names) <= INLINE_OF_A_ROLE
    assert {name: size(name) for names in attached() for name in names if size(name) > MANAGED} == {}


def test_a_preview_reads_the_state_and_nothing_else() -> None:
    assert actions("aws-preview") == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}


VALUES = {"secretsmanager:GetSecretValue", "cloudwatch:GetMetricData", "cloudformation:DescribeStackEvents"}
"""Actions by which the deployer reads what is no property of a resource: values, figures, events."""
READING = re.compile(r"[a-z-]+:(?:GET$|Get|List|Describe)")


def test_whoever_looks_for_drift_reads_what_the_deployer_reads_but_no_value_and_changes_nothing() -> None:
    reads = {action for action in of_the_deployer() if READING.match(action)} - VALUES
    assert actions("aws-drift") == reads
    data = {"dynamodb:GetItem", "sqs:ReceiveMessage", "logs:GetLogEvents", *VALUES}
    assert {each for each in data for allowed in actions("aws-drift") if fnmatch.fnmatchcase(each, allowed)} == set()
    assert ["aws-preview", "aws-drift"] in attached()


def test_github_gets_a_role_for_one_environment_of_one_repository() -> None:
    (statement,) = statements("aws-trust")
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                "repo:OWNER/REPOSITORY:environment:ENVIRONMENT",
                "repo:OWNER@OWNERID/REPOSITORY@REPOSITORYID:environment:ENVIRONMENT",
            ],
        }
    }


@EVERY
def test_on_azure_the_deployer_assigns_the_program_s_roles_and_no_other(stack: str) -> None:
    condition = (FOLDER / "azure-roles.condition").read_text()
    assigned = {
        r["roleDefinitionId"].rpartition("/")[2]
        for r in deployed(stack, False).resources
        if r.type == "azure-native:authorization:RoleAssignment"
    }
    for given in re.findall(r"GuidEquals {([^}]*)}", condition):
        assert set(given.split(", ")) == assigned == set(Role)
    assert condition.count("GuidEquals") == condition.count("{'ServicePrincipal'}") == 2
    for side, verb in (("@Request", "write"), ("@Resource", "delete")):
        assert f"'Microsoft.Authorization/roleAssignments/{verb}'" in condition
        assert f"{side}[Microsoft.Authorization/roleAssignments:RoleDefinitionId]" in condition


def test_who_starts_and_stops_a_stack_may_do_nothing_else() -> None:
    role = json.loads((FOLDER / "azure-hours.role").read_text())
    things = ("Microsoft.ContainerService/managedClusters", "Microsoft.DBforPostgreSQL/flexibleServers")
    assert set(role["Actions"]) == {
        f"{thing}/{do}" for thing in things for do in ("read", "start/action", "stop/action")
    }
    assert role["AssignableScopes"] == ["/subscriptions/SUBSCRIPTION"]
    assert role.keys() == {"Name", "Description", "Actions", "AssignableScopes"}
