from __future__ import annotations

from typing import Any

import pytest

from local.errors import ProviderError
from local.machine import Machine
from local.providers.aws.client import connect
from local.providers.aws.shapes import agrees, parameters


@pytest.fixture
def function(machine: Machine) -> Any:
    return connect(machine).shape("lambda", "CreateFunction")


def test_members_are_renamed_and_the_programs_own_keys_are_not(function: Any) -> None:
    given = {
        "name": "edge",
        "kmsKeyArn": "arn",
        "memorySize": 512.0,
        "environment": {"variables": {"timeout": "x", "LOG_LEVEL": "INFO"}},
        "tags": {"costCenter": "7"},
        "unknown": 1,
        "runtime": None,
    }
    assert parameters(function, given, {"FunctionName": "name"}) == {
        "FunctionName": "edge",
        "KMSKeyArn": "arn",
        "MemorySize": 512,
        "Environment": {"Variables": {"timeout": "x", "LOG_LEVEL": "INFO"}},
        "Tags": {"costCenter": "7"},
    }


def test_numbers_are_what_the_api_wants(machine: Machine) -> None:
    stage = connect(machine).shape("apigatewayv2", "CreateStage")
    given = {"defaultRouteSettings": {"throttlingBurstLimit": 100.0, "throttlingRateLimit": 0.5}}
    settings = parameters(stage, given, {})["DefaultRouteSettings"]
    assert settings == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 0.5}
    assert isinstance(settings["ThrottlingBurstLimit"], int)


def test_tags_become_pairs_where_the_api_wants_pairs(machine: Machine) -> None:
    role = connect(machine).shape("iam", "CreateRole")
    assert parameters(role, {"tags": {"a": "b"}}, {}) == {"Tags": [{"Key": "a", "Value": "b"}]}


def test_a_misspelt_nested_property_is_refused(function: Any) -> None:
    with pytest.raises(ProviderError, match="LoggingConfig has no format"):
        parameters(function, {"loggingConfig": {"format": "JSON"}}, {})


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ({"Timeout": 3}, {"Timeout": 3, "Version": "1"}, True),
        ({"Timeout": 3}, {"Timeout": 4}, False),
        ({"Timeout": 3}, {}, True),
        ({"Environment": {"Variables": {"A": "b"}}}, {"Environment": {"Variables": {"A": "b", "C": "d"}}}, False),
        ({"LoggingConfig": {"LogGroup": "a"}}, {"LoggingConfig": {"LogGroup": "a", "LogFormat": "Text"}}, True),
        ({"Environment": {"Variables": {}}}, {"Environment": None}, False),
        ({"Layers": ["a", "b"]}, {"Layers": ["b", "a"]}, False),
    ],
)
def test_a_description_agrees_when_it_has_what_was_wanted(function: Any, wanted: Any, found: Any, same: bool) -> None:
    assert agrees(function, wanted, found) is same
