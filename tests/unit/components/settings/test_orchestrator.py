from __future__ import annotations

import json

import pytest

from app.contract.reading import Contract
from components.settings import SettingsError
from tests.support.program import ROOT, Program, run

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys-AbCdEf"


def with_settings(**settings: object) -> Program:
    return run(config={"crosscloud:functions": {"orchestrator": settings}})


ANSWERING = Contract.read(ROOT / "app/contract/openapi.yaml").functions
"""The functions that callers reach, from the contract."""


@pytest.mark.parametrize("name", ANSWERING)
def test_keys_are_not_needed_unless_their_secret_is_named(name: str) -> None:
    program = with_settings()
    variables = program.one("lambda/function:Function", name)["environment.variables"]
    assert "API_KEYS_SECRET_ARN" not in variables
    assert variables["TRACE_SAMPLE_RATE"] == "0.01"
    assert ARN not in readable(program, name)


@pytest.mark.parametrize("name", ANSWERING)
def test_every_function_that_callers_reach_knows_the_secret_of_the_keys_and_may_read_it(name: str) -> None:
    program = with_settings(apiKeysSecretArn=ARN, traceSampleRate=0.5)
    variables = program.one("lambda/function:Function", name)["environment.variables"]
    assert variables["API_KEYS_SECRET_ARN"] == ARN
    assert variables["TRACE_SAMPLE_RATE"] == "0.5"
    assert ARN in readable(program, name)
    assert len(readable(program, name)) == (2 if name == "orchestrator" else 1)  # it has a client certificate, too


def readable(program: Program, name: str) -> list[str]:
    """The secrets that the function may read."""
    statements = json.loads(program.one("RolePolicy", name)["policy"])["Statement"]
    return [each["Resource"] for each in statements if each["Action"] == ["secretsmanager:GetSecretValue"]]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "api-keys",
        "arn:aws:s3:::bucket",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys",
        "arn:aws:secretsmanager:eu-central-1:1:secret:api-keys-AbCdEf",
        f"{ARN}\n",
    ],
)
def test_anything_but_a_secret_s_arn_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="apiKeysSecretArn"):
        with_settings(apiKeysSecretArn=value)


@pytest.mark.parametrize("value", [-0.1, 1.1, "half"])
def test_sample_rate_is_a_share(value: object) -> None:
    with pytest.raises(SettingsError, match="traceSampleRate"):
        with_settings(traceSampleRate=value)
