from __future__ import annotations

import importlib
import warnings
from typing import Any

import pytest

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
    assert {*table.inputs, *table.own, *table.secrets, *table.unset} <= known
    assert {*TABLE[token].properties} - {"*"} <= known


@pytest.mark.parametrize("token", tables())
def test_every_input_replaces_the_resource_or_changes_in_place(token: str, api: Aws) -> None:
    table = tables()[token]
    shapes = [api.shape(table.service, call) for call in table.calls.update]
    changeable = {key for shape in shapes for key in members(shape, table.names)}
    assert not {key for key in table.inputs if not replaces(token, key) and key.lower() not in changeable}
