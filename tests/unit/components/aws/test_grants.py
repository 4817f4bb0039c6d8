from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.clouds import ACCOUNT, REGION
from tests.support.program import STACKS, deployed


@pytest.fixture(params=STACKS)
def statements(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    policy = json.loads(deployed(request.param, False).one("RolePolicy", "orchestrator")["policy"])
    return list(policy["Statement"])


def test_orchestrator_reads_one_secret_and_writes_its_logs_and_does_nothing_else(
    statements: list[dict[str, Any]],
) -> None:
    logs, secret = (one for one in statements if not one["Action"][0].startswith("kms:"))
    assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert secret["Action"] == ["secretsmanager:GetSecretValue"]
    assert secret["Resource"] == f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orchestrator-1a2b3c4-AbCdEf"


def test_no_right_is_for_everything(statements: list[dict[str, Any]]) -> None:
    for statement in statements:
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if "*" in action]
        resource = statement["Resource"].removesuffix(":*")
        assert "*" not in resource


def test_logs_go_to_the_function_s_own_group(statements: list[dict[str, Any]]) -> None:
    group = statements[0]["Resource"].removesuffix(":*").rpartition("log-group:")[2]
    assert group.startswith("/crosscloud/")
    assert group.endswith("/orchestrator")
