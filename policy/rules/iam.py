"""Rules of IAM policies, which allow named actions on named resources for named principals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from policy.rule import COMPUTED, Finding, Resource, Rule, items

_IDENTITY = {
    "aws:iam/policy:Policy": ("policy",),
    "aws:iam/rolePolicy:RolePolicy": ("policy",),
}
"""The properties that hold what a role may do, by type."""
_RESOURCE = {
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ("policy",),
    "aws:kms/key:Key": ("policy",),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy",),
    "aws:sns/topic:Topic": ("policy",),
    "aws:sns/topicPolicy:TopicPolicy": ("policy",),
    "aws:sqs/queue:Queue": ("policy",),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy",),
}
"""The properties that say who may do something with a resource, by type."""
_TRUST = {"aws:iam/role:Role": ("assumeRolePolicy",)}
"""The properties that say who may assume a role, by type."""

UNSCOPED = frozenset({"dynamodb:ListStreams", "xray:PutTelemetryRecords", "xray:PutTraceSegments"})
"""Actions that are granted on all resources or none (https://docs.aws.amazon.com/service-authorization/latest/reference/)."""

_FUNCTIONS = "lambda.amazonaws.com"
"""The service that assumes the role that somebody with iam:PassRole has given to a function, and no other."""
_REFERENCE = re.compile(r"<[^<>]+>")
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::[^:]+:root")


def _statements(resource: Resource, paths: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in paths:
        document = resource.get(path)
        if isinstance(document, str) and document.startswith("{"):
            document = json.loads(document)
        if isinstance(document, dict):
            for number, statement in enumerate(items(document.get("Statement"))):
                yield f"{path}.Statement[{number}]", statement


def policies_can_be_read(resource: Resource) -> Iterator[Finding]:
    for path in {**_IDENTITY, **_RESOURCE, **_TRUST}[resource.type]:
        if resource.get(path) == COMPUTED:
            yield Finding(
                property=path,
                allowed="be known in a plan",
                given=COMPUTED,
                do="Build it of outputs for which planning/plan.py has a stand-in, or add it there (_REFERRED).",
            )


def actions_are_named(resource: Resource) -> Iterator[Finding]:
    for path, statement in _statements(resource, {**_IDENTITY, **_RESOURCE}[resource.type]):
        if statement.get("Effect") != "Allow":
            continue
        if "NotAction" in statement:
            yield _finding(path, "NotAction", "be absent", statement, "Name what is allowed in Action instead.")
        actions = [action for action in items(statement.get("Action")) if "*" in action or "?" in action]
        if actions and not _of_the_account(resource, statement):
            yield Finding(
                property=f"{path}.Action",
                allowed="name actions without wildcards",
                given=actions,
                do="Name each action that is called; the CloudTrail of a test run has the list.",
            )


def resources_are_named(resource: Resource) -> Iterator[Finding]:
    for path, statement in _statements(resource, _IDENTITY[resource.type]):
        if statement.get("Effect") != "Allow":
            continue
        if "NotResource" in statement:
            yield _finding(path, "NotResource", "be absent", statement, "Name the resources in Resource instead.")
        if set(items(statement.get("Action"))) <= UNSCOPED:
            continue
        wide = [arn for arn in items(statement.get("Resource")) if _wide(arn)]
        if wide:
            yield Finding(
                property=f"{path}.Resource",
                allowed="name one resource, with a wildcard after its name at most",
                given=wide,
                do="Take the ARN from the resource that is used.",
            )


def principals_are_named(resource: Resource) -> Iterator[Finding]:
    for path, statement in _statements(resource, {**_RESOURCE, **_TRUST}[resource.type]):
        if statement.get("Effect") != "Allow":
            continue
        if "NotPrincipal" in statement:
            yield _finding(path, "NotPrincipal", "be absent", statement, "Name who may in Principal instead.")
        principal = statement.get("Principal")
        by_kind = principal if isinstance(principal, dict) else {"AWS": principal}
        anybody = [who for who in items(by_kind.get("AWS")) if "*" in str(who)]
        if anybody:
            yield _finding(path, "Principal", "name accounts, roles or services", statement, "Name who calls.")
        if by_kind.get("Service", _FUNCTIONS) != _FUNCTIONS and not _has_source(statement):
            yield Finding(
                property=f"{path}.Condition",
                allowed="hold aws:SourceArn or aws:SourceAccount",
                given=statement.get("Condition"),
                do="Name the one rule, topic or queue for which the service may act.",
            )


def no_policies_of_aws(resource: Resource) -> Iterator[Finding]:
    for path in ("policyArn", "managedPolicyArns"):
        wide = [arn for arn in items(resource.get(path)) if ":iam::aws:policy/" in str(arn)]
        if wide:
            yield Finding(
                property=path,
                allowed="name no policy of AWS",
                given=wide,
                do="Grant what is needed in a policy of the role's own (components/aws/grants.py).",
            )


def _wide(arn: str) -> bool:
    named, star, _ = arn.partition("*")
    if not star:
        return False
    if _REFERENCE.match(named):
        return False
    parts = named.split(":", 5)
    if len(parts) < 6:
        return True
    # In these services' ARNs the name stands alone, in all others behind its kind (`table/orders`, `function:orders`).
    bare = parts[2] in ("s3", "sns", "sqs")
    return re.fullmatch("" if bare else r"(?:[a-z-]+[:/])?", parts[5]) is not None


def _of_the_account(resource: Resource, statement: dict[str, Any]) -> bool:
    """Returns whether it is the statement by which a key's policy gives rights to the account.

    A key's policy has to have it: otherwise nobody can change the key any more
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
    """
    principal = statement.get("Principal")
    accounts = items(principal.get("AWS")) if isinstance(principal, dict) else ()
    return resource.type == "aws:kms/key:Key" and bool(accounts) and all(map(_ROOT.fullmatch, accounts))


def _has_source(statement: dict[str, Any]) -> bool:
    keys = {key.lower() for test in statement.get("Condition", {}).values() for key in test}
    return bool(keys & {"aws:sourcearn", "aws:sourceaccount"})


def _finding(path: str, key: str, allowed: str, statement: dict[str, Any], do: str) -> Finding:
    return Finding(property=f"{path}.{key}", allowed=allowed, given=statement.get(key), do=do)


_PRACTICES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

RULES = (
    Rule(
        name="policies-can-be-read",
        why="A policy that no one can read before the deployment can't be judged before it",
        source=_PRACTICES,
        types=(*_IDENTITY, *_RESOURCE, *_TRUST),
        resource=policies_can_be_read,
        plan_only=True,
    ),
    Rule(
        name="actions-are-named",
        why="A wildcard grants what AWS adds tomorrow, too",
        source=_PRACTICES,
        types=(*_IDENTITY, *_RESOURCE),
        resource=actions_are_named,
    ),
    Rule(
        name="resources-are-named",
        why="A role that is taken over reaches everything of that kind in the account",
        source=_PRACTICES,
        types=(*_IDENTITY,),
        resource=resources_are_named,
    ),
    Rule(
        name="principals-are-named",
        why="Principal * is everybody with an AWS account, and a service without a source acts for everybody",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        types=(*_RESOURCE, *_TRUST),
        resource=principals_are_named,
    ),
    Rule(
        name="no-policies-of-aws",
        why="AWS's own policies grant rights on every resource, and more of them over time",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
        types=("aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"),
        resource=no_policies_of_aws,
    ),
)
