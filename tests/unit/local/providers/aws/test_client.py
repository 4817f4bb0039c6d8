from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from local.errors import ProviderError
from local.machine import Machine
from local.providers.aws.client import Aws, MissingError, connect
from tests.unit.local.providers.aws.emulated import machine_in


def test_the_users_aws_settings_have_no_say(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\n[broken")
    settings = {
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "config"),
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "99",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert Aws(machine).call("sts", "GetCallerIdentity", {})["Account"] == "000000000000"


def test_what_does_not_exist_is_an_error_of_its_own(machine: Machine) -> None:
    for service, operation, parameters in (
        ("iam", "GetRole", {"RoleName": "nobody"}),
        ("logs", "DeleteLogGroup", {"logGroupName": "none"}),
        ("secretsmanager", "DescribeSecret", {"SecretId": "none"}),
        ("lambda", "GetFunction", {"FunctionName": "none"}),
        ("apigatewayv2", "GetApi", {"ApiId": "none"}),
        ("dynamodb", "DescribeTable", {"TableName": "none"}),
        ("sqs", "GetQueueUrl", {"QueueName": "none"}),
        ("events", "DescribeRule", {"Name": "none"}),
    ):
        with pytest.raises(MissingError, match=operation):
            connect(machine).call(service, operation, parameters)


def test_a_wrong_parameter_is_named_as_the_callers_fault(machine: Machine) -> None:
    with pytest.raises(ProviderError, match=r"GetRole.*RoleName"):
        connect(machine).call("iam", "GetRole", {})


@pytest.mark.slow  # waits as long as a person would
def test_a_silent_emulator_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    with pytest.raises(ProviderError, match=f"{machine.emulator_url} does not answer.*make up"):
        Aws(machine).call("sts", "GetCallerIdentity", {})


def test_one_client_serves_many_threads(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    aws, answers, made = Aws(machine), [], []
    create = botocore.session.Session.create_client

    def counted(session: Any, service: str, **settings: Any) -> Any:
        made.append(service)
        return create(session, service, **settings)

    monkeypatch.setattr(botocore.session.Session, "create_client", counted)
    threads = [
        threading.Thread(target=lambda: answers.append(aws.call("sts", "GetCallerIdentity", {})["Account"]))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["000000000000"] * 16
    assert made == ["sts"]
