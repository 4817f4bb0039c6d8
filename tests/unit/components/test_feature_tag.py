"""The tag by which costs can be read per feature."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws
import pulumi_azure_native as azure
import pytest
import yaml

from tests.support.program import ROOT, Declared, Program, deployed
from tests.support.services import SERVICES

FEATURES = {"platform", "edge", "commerce", *SERVICES}
PACKAGES = {"aws": aws, "azure-native": azure}


def takes_tags(type_: str) -> bool:
    """Returns whether the SDK's class of the resource takes tags."""
    package, module, name = type_.split(":")
    if package not in PACKAGES:
        return False
    module = {"lambda": "lambda_"}.get(folder := module.partition("/")[0], folder)
    class_: Any = getattr(importlib.import_module(f"{PACKAGES[package].__name__}.{module}"), name)
    return "tags" in inspect.signature(class_._internal_init).parameters


def tagged(program: Program, stack: str) -> Iterator[tuple[Declared, str]]:
    """Yields every resource that takes tags, with its feature; AWS's provider adds those of the stack's file."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    default = {"aws": config["aws:defaultTags"]["tags"], "azure-native": {}}
    for resource in program.resources:
        if resource.custom and takes_tags(resource.type):
            tags = default[resource.type.partition(":")[0]] | (resource["tags"] or {})
            yield resource, tags.get("feature", "")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_everything_that_takes_tags_is_of_one_of_few_features(stack: str) -> None:
    found = {resource.urn: feature for resource, feature in tagged(deployed(stack, False), stack)}
    assert len(found) > 80
    assert {urn: feature for urn, feature in found.items() if feature not in FEATURES} == {}
    assert set(found.values()) == FEATURES


@pytest.mark.parametrize(
    ("type_", "name", "feature"),
    [
        ("lambda/function:Function", "orchestrator", "edge"),
        ("apigatewayv2/api:Api", "gateway", "edge"),
        ("lambda/function:Function", "fulfilment", "commerce"),
        ("dynamodb/table:Table", "orders", "commerce"),
        ("dbforpostgresql:Server", "billing", "billing"),
        ("UserAssignedIdentity", "users", "users"),
        ("ManagedCluster", "cluster", "platform"),
        ("kms/key:Key", "alerts", "platform"),
    ],
)
def test_each_resource_has_the_feature_that_its_cost_belongs_to(type_: str, name: str, feature: str) -> None:
    program = deployed("prod", False)
    features = {resource.urn: found for resource, found in tagged(program, "prod")}
    assert features[program.one(type_, name).urn] == feature
