"""The subjects of GitHub's tokens: what both clouds trust is what the repository really sends."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from delivery.login import SECONDS
from delivery.preflight.ask import Json
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned
from delivery.preflight.rights_aws import role
from delivery.preflight.rights_azure import application

CLAIM = "token.actions.githubusercontent.com:sub"


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud that trusts GitHub's tokens."""

    name: str
    identity: str
    """The kind of identity that the jobs of an environment take."""
    trusts: Callable[[Deployment, str, str], bool | None]
    """Returns whether the identity of a name trusts a subject; None when there is no such identity."""
    make: str
    """The command that makes an identity."""
    mend: str
    """The command that makes an identity trust a subject."""


def compared(cloud: Cloud, deployment: Deployment) -> Finding:
    """Compares the subjects with those that a cloud trusts."""
    if finding := _left_out(deployment):
        return finding
    missing = []
    for environment, subject in subjects(deployment).items():
        name = f"{deployment.needs.project}-{environment}"
        trusted = cloud.trusts(deployment, name, subject)
        if trusted is None:
            return warned(f"{cloud.name} has no {cloud.identity} {name}: no job of GitHub's gets in.", cloud.make)
        if not trusted:
            missing.append(f"{name} does not trust {subject}")
    if missing:
        return failed(f"{cloud.name} refuses GitHub's tokens: {'; '.join(missing)}.", cloud.mend)
    return passed(f"{cloud.name} trusts {', '.join(subjects(deployment).values())}")


def session(deployment: Deployment) -> Finding:
    """Compares the time for which the stack's role lets a job work with the time that a delivery asks for."""
    if finding := _left_out(deployment):
        return finding
    name = deployment.needs.name
    found = role(deployment, name)
    if found is None:
        return skipped(f"AWS has no role {name}")
    longest = int(found["MaxSessionDuration"])
    if longest < SECONDS:
        return failed(
            f"The role {name} allows {longest} seconds, and a delivery asks for {SECONDS}.",
            f"aws iam update-role --role-name {name} --max-session-duration {SECONDS}",
        )
    return passed(f"the role {name} allows {longest} seconds, and a delivery asks for {SECONDS}")


def _left_out(deployment: Deployment) -> Finding | None:
    """Returns the finding of a deployment whose tokens are not looked at, or None."""
    if deployment.in_a_job:
        return skipped("this job has logged in with its token, so that the clouds trust it")
    if not deployment.repository:
        return skipped("no repository is named, whose tokens could be compared", "--repository OWNER/NAME")
    return None


def _role_trusts(deployment: Deployment, name: str, subject: str) -> bool | None:
    """Returns whether a role trusts a subject, by one of the operators of its policy."""
    found = role(deployment, name)
    return None if found is None else any(_matches(subject, value, operator) for operator, value in _trusted(found))


def _application_trusts(deployment: Deployment, name: str, subject: str) -> bool | None:
    """Returns whether an application has a federated credential with a subject, letter by letter."""
    found = application(deployment, name)
    if not found:
        return None
    listed = deployment.ask.entra("ad", "app", "federated-credential", "list", "--id", found)
    return subject in {each["subject"] for each in listed}


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


AWS = Cloud(
    name="AWS",
    identity="role",
    trusts=_role_trusts,
    make="make it with `role` (docs/deploy.md, section 4)",
    mend="aws iam update-assume-role-policy with docs/deploy/aws-trust.json (docs/deploy.md, section 4)",
)
AZURE = Cloud(
    name="Azure",
    identity="application",
    trusts=_application_trusts,
    make="make it with `application` (docs/deploy.md, section 5)",
    mend="add the subject with `trust` (docs/deploy.md, section 5)",
)
CHECKS = (
    Check(name="subjects.aws", look=functools.partial(compared, AWS)),
    Check(name="subjects.session", look=session),
    Check(name="subjects.azure", look=functools.partial(compared, AZURE)),
)
