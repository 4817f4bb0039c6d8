"""The rights on AWS of whoever is logged in, and of GitHub's role: simulated, with the actions of docs/deploy.

A simulation takes the ARN of a role, not of its session, and the values of the conditions; resources with a blank in
their names are guessed. So what it says is a warning and no failure.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from delivery.preflight import state
from delivery.preflight.ask import Json, answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, passed, skipped, warned
from delivery.preflight.unanswered import UnansweredError

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "deploy"
POLICIES = ("aws-deployer", "aws-deployer-data", "aws-state")
"""The files with what whoever deploys may do, which docs/deploy.md gives to roles and people."""
SECTION = "docs/deploy.md, section 4"
_SHOWN = 8
"""The number of denied actions that a finding names."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Actions on one resource under one set of conditions, which AWS simulates at once."""

    resource: str
    context: tuple[tuple[str, str], ...]
    """The keys that the policies' conditions compare, with a value that they allow."""


def of_the_log_in(deployment: Deployment) -> Finding:
    """Simulates the actions as whoever is logged in."""
    arn = str(deployment.ask.aws("sts", "get-caller-identity")["Arn"])
    return _judged(deployment, "whoever is logged in to AWS", _source(deployment, arn))


def of_the_role(deployment: Deployment) -> Finding:
    """Simulates the actions as the role that GitHub's jobs take."""
    name = deployment.needs.name
    if deployment.in_a_job:
        return skipped("the job is logged in as its role, whose rights are looked at already")
    found = role(deployment, name)
    if found is None:
        return skipped(f"there is no role {name}: no job of GitHub's deploys", f"make it with `role` ({SECTION})")
    return _judged(deployment, f"the role {name}", str(found["Arn"]))


def role(deployment: Deployment, name: str) -> Json | None:
    """Returns a role, or None when the account has none of the name."""
    found = answer_or(None, deployment.ask.aws, "iam", "get-role", "--role-name", name)
    return None if found is None else found["Role"]


def _source(deployment: Deployment, arn: str) -> str:
    """Returns the ARN that can be simulated of whoever is logged in: of a session its role's, which has a path."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind != "assumed-role":
        return arn
    name = rest.partition("/")[0]
    found = role(deployment, name)
    return arn if found is None else str(found["Arn"])


def _judged(deployment: Deployment, who: str, source: str) -> Finding:
    if source.endswith(":root"):
        return passed("the root user may do everything")
    denied, count = [], 0
    for question, actions in questions(_names(deployment)).items():
        command = ["iam", "simulate-principal-policy", "--policy-source-arn", source, "--action-names", *actions]
        if question.resource != "*":
            command += ["--resource-arns", question.resource]
        for key, value in question.context:
            entry = f"ContextKeyName={key},ContextKeyValues={value},ContextKeyType=string"
            command += ["--context-entries", entry] if "--context-entries" not in command else [entry]
        results = deployment.ask.aws(*command)["EvaluationResults"]
        denied += [_denial(each) for each in results if each["EvalDecision"] != "allowed"]
        count += len(results)
    if denied:
        more = f" and {len(denied) - _SHOWN} more" if len(denied) > _SHOWN else ""
        return warned(
            f"{who[0].upper()}{who[1:]} seems not to be allowed {', '.join(denied[:_SHOWN])}{more}, of {count} actions "
            "that were simulated.",
            f"attach the policies of docs/deploy ({SECTION}); AWS's own error names an action that is missing",
        )
    return passed(f"{who} is allowed all {count} actions that were simulated")


def _denial(result: Json) -> str:
    """Returns a denied action, and what denies it where that is no policy of the role."""
    action = str(result["EvalActionName"])
    if (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations") is False:
        return f"{action} (by the organisation)"
    if (result.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary") is False:
        return f"{action} (by the permissions boundary)"
    return action


def _names(deployment: Deployment) -> dict[str, str]:
    """Returns the values of the names in capitals that docs/deploy's files have, as far as they are known."""
    account = str(deployment.ask.aws("sts", "get-caller-identity")["Account"])
    names = {"ACCOUNT": account, "REGION": deployment.needs.region}
    try:
        names["BUCKET"] = state.bucket(deployment)
        names["KEY"] = state.key(deployment)
    except UnansweredError:
        return names  # the checks of the state say why
    return {name: value for name, value in names.items() if value}


def questions(names: dict[str, str]) -> dict[Question, list[str]]:
    """Returns the actions of the policies in as few questions as they can be asked in.

    Patterns can't be simulated, and statements about what is not known are left out.
    """
    actions_of: dict[Question, list[str]] = defaultdict(list)
    for policy in POLICIES:
        text = (FOLDER / f"{policy}.json").read_text()
        for name, value in names.items():
            text = text.replace(name, value)
        for statement in json.loads(text)["Statement"]:
            resource = _first(statement["Resource"])
            if any(name in resource for name in ("BUCKET", "KEY") if name not in names):
                continue
            context = {
                key: _first(value)
                for operands in statement.get("Condition", {}).values()
                for key, value in operands.items()
            }
            question = Question(
                resource=resource if resource == "*" else resource.replace("*", "preflight"),
                context=tuple(sorted(context.items())),
            )
            actions = statement["Action"]
            listed = [actions] if isinstance(actions, str) else actions
            actions_of[question] += [action for action in listed if "*" not in action]
    return {question: sorted(set(actions)) for question, actions in actions_of.items() if actions}


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


CHECKS = (Check(name="rights.aws", look=of_the_log_in), Check(name="rights.aws-role", look=of_the_role))
