"""The subjects of GitHub's tokens: what both clouds trust is what the repository really sends."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from delivery.login import SECONDS
from delivery.preflight.ask import Json
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned
from delivery.preflight.rights_aws import role
from delivery.preflight.rights_azure import application

CLAIM = "token.actions.githubusercontent.com:sub"
IN_A_JOB = "the job has logged in, so that its subject is trusted"
NOT_ASKED = "nobody asked about the tokens of a repository"
OPTION = "--repository OWNER/NAME"


def aws(deployment: Deployment) -> Finding:
    """Compares the subjects with those that the roles trust, and the time that a role allows with a job's."""
    if deployment.in_a_job:
        return skipped(IN_A_JOB)
    if not deployment.repository:
        return skipped(NOT_ASKED, OPTION)
    missing = []
    for environment, subject in subjects(deployment).items():
        name = f"{deployment.needs.project}-{environment}"
        found = role(deployment, name)
        if found is None:
            return warned(f"AWS has no role {name}: no job of GitHub's gets in.", "`role` as in docs/deploy.md, 4")
        if not any(_matches(subject, each, operator) for operator, each in _trusted(found)):
            missing.append(f"{name} does not trust {subject}")
        longest = int(found["MaxSessionDuration"])
        if environment == deployment.needs.stack and longest < SECONDS:
            return failed(
                f"The role {name} allows {longest} seconds, and a delivery asks for {SECONDS}.",
                f"aws iam update-role --role-name {name} --max-session-duration {SECONDS}",
            )
    if missing:
        return failed(
            f"AWS refuses GitHub's tokens: {'; '.join(missing)}.",
            "aws iam update-assume-role-policy with docs/deploy/aws-trust.json (docs/deploy.md, 4)",
        )
    return passed(f"AWS trusts {', '.join(subjects(deployment).values())}")


def azure(deployment: Deployment) -> Finding:
    """Compares the subjects with those of the applications' federated credentials, which must be equal."""
    if deployment.in_a_job:
        return skipped(IN_A_JOB)
    if not deployment.repository:
        return skipped(NOT_ASKED, OPTION)
    missing = []
    for environment, subject in subjects(deployment).items():
        name = f"{deployment.needs.project}-{environment}"
        found = application(deployment, name)
        if not found:
            return warned(
                f"Azure has no application {name}: no job of GitHub's gets in.", "`application` as in docs/deploy.md, 5"
            )
        listed = deployment.ask.entra("ad", "app", "federated-credential", "list", "--id", found)
        if subject not in {each["subject"] for each in listed}:
            missing.append(f"{name} does not trust {subject}")
    if missing:
        return failed(f"Azure refuses GitHub's tokens: {'; '.join(missing)}.", "`trust` as in docs/deploy.md, 5")
    return passed(f"Azure trusts {', '.join(subjects(deployment).values())}")


def subjects(deployment: Deployment) -> dict[str, str]:
    """Returns the subjects that GitHub writes into the tokens of the stack's environments, by environment.

    Raises ValueError for a repository with a template of its own, of which only a token tells.
    """
    path = f"repos/{deployment.repository}/actions/oidc/customization/sub"
    answer = deployment.ask.json("gh", "api", path)
    if not answer["use_default"]:
        raise ValueError("the repository has a template of its own for the subjects of its tokens")
    # The prefix counts whatever `use_immutable_subject` says (https://github.com/Azure/azure-dev/pull/9430).
    prefix = answer.get("sub_claim_prefix") or f"repo:{deployment.repository}"
    stack = deployment.needs.stack
    return {environment: f"{prefix}:environment:{environment}" for environment in (stack, f"preview-{stack}")}


def _trusted(found: Json) -> Iterator[tuple[str, str]]:
    """Yields the operators and values by which a role compares subjects."""
    for statement in found["AssumeRolePolicyDocument"]["Statement"]:
        for operator, operands in (statement.get("Condition") or {}).items():
            values = operands.get(CLAIM, [])
            yield from ((operator, value) for value in ([values] if isinstance(values, str) else values))


def _matches(subject: str, value: str, operator: str) -> bool:
    return fnmatch.fnmatchcase(subject, value) if operator == "StringLike" else subject == value


CHECKS = (Check(name="subjects.aws", look=aws), Check(name="subjects.azure", look=azure))
