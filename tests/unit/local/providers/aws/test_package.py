from __future__ import annotations

import importlib
import inspect
import json
import warnings
from typing import Any

import pulumi_aws
import pytest

from local.errors import ProviderError
from local.machine import Machine
from local.provider import Package
from local.providers.aws.client import Aws
from local.providers.aws.resource import tables
from local.providers.aws.shapes import members
from planning.replacements import TABLE, replaces


def class_of(token: str) -> Any:
    """`aws:lambda/function:Function` is `pulumi_aws.lambda_.Function`."""
    module, name = token.removeprefix("aws:").split("/")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a class in the SDK's own lambda package
        package = importlib.import_module(f"pulumi_aws.{'lambda_' if module == 'lambda' else module}")
        return getattr(package, name.split(":")[1])


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


@pytest.mark.parametrize("token", tables())
def test_every_token_is_one_of_the_sdks(token: str) -> None:
    assert class_of(token).pulumi_type == token


@pytest.mark.parametrize("token", tables())
def test_what_a_type_names_are_properties_of_the_sdks_class(token: str) -> None:
    known = {camel(name) for name, member in vars(class_of(token)).items() if isinstance(member, property)}
    table = tables()[token]
    assert {*table.inputs, *table.own, *table.secrets, *table.unset, *table.also_replaces} <= known
    assert {*TABLE[token].properties} - {"*"} <= known


@pytest.mark.parametrize("token", tables())
def test_every_input_replaces_the_resource_or_changes_in_place(token: str, api: Aws) -> None:
    table = tables()[token]
    shapes = [api.shape(table.service, call) for call in table.calls.update]
    changeable = {key for shape in shapes for key in members(shape, table.names)}
    assert not {
        key for key in table.inputs if not replaces(token, key, table.also_replaces) and key.lower() not in changeable
    }


@pytest.mark.parametrize("token", tables())
def test_what_this_machine_replaces_besides_has_a_reason(token: str) -> None:
    for key, reason in tables()[token].also_replaces.items():
        assert not replaces(token, key), "the table of replacements has it already"
        assert reason


def test_functions_tell_where_the_program_is(package: Package) -> None:
    functions = {token.rsplit(":", 1)[1]: function({}) for token, function in package.functions.items()}
    assert functions["getPartition"]["partition"] == "aws"
    assert functions["getRegion"]["region"] == "eu-central-1"
    assert functions["getCallerIdentity"]["accountId"] == "000000000000"
    for name, answer in functions.items():
        result = getattr(pulumi_aws, f"{name[0].upper()}{name[1:]}Result")
        known = {parameter.replace("_", "") for parameter in inspect.signature(result).parameters}
        assert {key.lower() for key in answer} <= known


def test_an_explicit_provider_is_accepted(package: Package, machine: Machine) -> None:
    provider = package.handlers["pulumi:providers:aws"]
    inputs = {
        "region": "eu-central-1",
        "allowedAccountIds": json.dumps(["000000000000"]),
        "endpoints": json.dumps([{"lambda": machine.emulator_url}]),
        "assumeRoles": json.dumps([{"roleArn": "arn:aws:iam::000000000000:role/deployer"}]),
        "skipCredentialsValidation": "true",
        "defaultTags": json.dumps({"tags": {"project": "crosscloud"}}),
    }
    made = provider.create("main", inputs)
    assert made.id
    assert provider.update(made.id, inputs, inputs, {}) == {}
    provider.delete(made.id, {})


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"region": "us-east-1"}, "region has us-east-1"),
        ({"allowedAccountIds": '["123456789012"]'}, "allowedAccountIds has 123456789012"),
        ({"endpoints": '[{"lambda": "https://lambda.eu-central-1.amazonaws.com"}]'}, "endpoints has https://lambda"),
        (
            {"assumeRoles": '[{"roleArn": "arn:aws:iam::123456789012:role/deployer"}]'},
            "assumeRoles has arn:aws:iam::1234",
        ),
    ],
)
def test_a_provider_that_leads_elsewhere_is_refused(package: Package, inputs: dict[str, str], named: str) -> None:
    with pytest.raises(ProviderError, match=named):
        package.handlers["pulumi:providers:aws"].create("main", inputs)
