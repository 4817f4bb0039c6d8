"""The rights of a function, one typed grant for each thing that it may do.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi import Input, Output

Statement = dict[str, Any]


class Grant(Protocol):
    """A right."""

    def statement(self) -> Statement:
        """Returns the right as a statement of an IAM policy; values may be outputs."""
        ...


@dataclass(frozen=True, kw_only=True)
class WriteLogs:
    """Grants to write to streams of one log group, which exists already: no right to make groups."""

    group_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["logs:CreateLogStream", "logs:PutLogEvents"], Output.concat(self.group_arn, ":*"))


@dataclass(frozen=True, kw_only=True)
class ReadSecret:
    """Grants to read the value of one secret of Secrets Manager."""

    secret_arn: Input[str]

    def statement(self) -> Statement:
        return _allow(["secretsmanager:GetSecretValue"], self.secret_arn)


def policy(grants: Sequence[Grant]) -> Output[str]:
    """Returns an IAM policy document that allows exactly the grants."""
    return Output.json_dumps({"Version": "2012-10-17", "Statement": [grant.statement() for grant in grants]})


def _allow(actions: list[str], resource: Input[str]) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}
