from __future__ import annotations

import json

import pytest

from components.api import TIMEOUT_MS
from tests.support.program import STACKS, Program, deployed, run


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def test_only_lambda_takes_the_role(program: Program) -> None:
    (statement,) = json.loads(program.one("Role", "orchestrator")["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


def test_each_change_is_a_version_and_the_alias_follows(program: Program) -> None:
    function, alias = (
        program.one("lambda/function:Function", "orchestrator"),
        program.one("lambda/alias:Alias", "orchestrator-live"),
    )
    assert function["publish"] is True
    assert alias["name"] == "live"
    assert alias["functionVersion"] == "7"
    assert alias["routingConfig"] is None


def test_canary_leaves_a_share_of_the_calls_to_the_previous_version() -> None:
    functions = {"orchestrator": {"canary": {"previousVersion": 6, "weight": 0.9}}}
    alias = run(config={"crosscloud:functions": functions}).one("lambda/alias:Alias", "orchestrator-live")
    assert alias["functionVersion"] == "7"
    assert alias["routingConfig"] == {"additionalVersionWeights": {"6": 0.9}}


def test_environments_are_kept_warm_for_the_version_that_is_called() -> None:
    program = run(config={"crosscloud:functions": {"orchestrator": {"provisionedConcurrency": 5}}})
    warm = program.one("ProvisionedConcurrencyConfig")
    assert (warm["functionName"], warm["qualifier"]) == ("orchestrator-1a2b3c4", "live")
    assert warm["provisionedConcurrentExecutions"] == 5
    assert deployed("prod", False).all("ProvisionedConcurrencyConfig") == []


def test_logs_are_json_in_a_group_of_its_own_that_forgets(program: Program) -> None:
    function, group = program.one("lambda/function:Function", "orchestrator"), program.one("LogGroup", "orchestrator")
    assert function["loggingConfig.logFormat"] == "JSON"
    assert function["loggingConfig.logGroup"] == group["name"]
    assert group["retentionInDays"] in (14, 90)
    assert group.urn in program.after(function)


def test_role_has_its_rights_before_the_function_runs(program: Program) -> None:
    assert program.one("RolePolicy", "orchestrator").urn in program.after(
        program.one("lambda/function:Function", "orchestrator")
    )


def test_function_answers_before_the_gateway_gives_up(program: Program) -> None:
    assert program.one("lambda/function:Function", "orchestrator")["timeout"] * 1000 < TIMEOUT_MS


def test_environment_holds_no_secret_and_no_reserved_name(program: Program) -> None:
    function = program.one("lambda/function:Function", "orchestrator")
    variables = function["environment.variables"]
    assert {"UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN", "SERVICE_NAME", "LOG_LEVEL"} <= variables.keys()
    assert not [name for name in variables if name.startswith("AWS_")]
    assert not [value for value in variables.values() if "PRIVATE KEY" in str(value)]
    assert not [path for path in function.secrets if path.startswith("environment")]


def test_code_is_a_zip_that_runs_on_every_platform(program: Program) -> None:
    function = program.one("lambda/function:Function", "orchestrator")
    assert function["code"]["path"] == "dist/orchestrator.zip"
    assert function["sourceCodeHash"] is None
    assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])


def test_prod_does_not_overrun_the_cluster() -> None:
    assert (
        deployed("prod", False).one("lambda/function:Function", "orchestrator")["reservedConcurrentExecutions"] == 100
    )


@pytest.mark.parametrize(
    ("level", "aws"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARNING", "INFO"), ("ERROR", "INFO")]
)
def test_lambda_drops_no_line_that_holds_metrics(level: str, aws: str) -> None:
    program = run(config={"crosscloud:functions": {"orchestrator": {"logLevel": level}}})
    function = program.one("lambda/function:Function", "orchestrator")
    assert function["loggingConfig.applicationLogLevel"] == aws
    assert function["environment.variables.LOG_LEVEL"] == level
