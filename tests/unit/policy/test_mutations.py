"""One security argument of the program changed at a time: each time a rule says so; and none does for the program."""

from __future__ import annotations

import copy
import dataclasses
import functools
import re
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from planning.plan import plan
from policy.judge import judge, violations
from policy.planned import stack_of
from policy.rule import Stack
from policy.rules import RULES
from tests.support.program import ROOT, STACKS
from tests.unit.policy.mutations.access import ACCESS
from tests.unit.policy.mutations.encryption import ENCRYPTION
from tests.unit.policy.mutations.pods import PODS
from tests.unit.policy.mutations.rights_and_logs import RIGHTS_AND_LOGS
from tests.unit.policy.mutations.staying_up import STAYING_UP
from tests.unit.policy.mutations.types import (
    ADMINISTRATOR,
    BACKEND_TLS,
    BUDGET,
    CLUSTER,
    KMS,
    LOGS,
    POLICY,
    SERVER,
    TABLE,
)
from tests.unit.policy.mutations.ways import Mutation

NAMES = {rule.name: rule for rule in RULES}
MUTATIONS = (*ACCESS, *ENCRYPTION, *RIGHTS_AND_LOGS, *PODS, *STAYING_UP)


@functools.cache
def planned(stack: str) -> Stack:
    return stack_of(ROOT, stack)


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_keeps_every_rule(stack: str) -> None:
    verdict = judge(planned(stack))
    assert [str(violation) for violation in verdict.violations] == []
    assert verdict.unneeded == ()


def test_the_program_keeps_every_rule_while_a_service_has_a_canary() -> None:
    services: dict[str, Any] = dict(planned("prod").config["crosscloud:services"])
    canary = {"previousImage": f"registry.example/users@sha256:{'a' * 64}", "weight": 0.9}
    services["users"] = {**services["users"], "canary": canary}
    stack = stack_of(ROOT, "prod", plan(ROOT, "prod", config={"crosscloud:services": services}))
    assert "users-canary" in {resource.name for resource in stack.resources}
    assert [str(violation) for violation in judge(stack).violations] == []


def _id(case: Any) -> str:
    return re.sub(r"\W+", "-", case) if isinstance(case, str) else ""


@pytest.mark.parametrize(("rule", "type_", "mutate"), MUTATIONS, ids=_id)
def test_a_weakened_argument_is_noticed(rule: str, type_: str, mutate: Mutation) -> None:
    """The change is made in each resource of the type that allows it: another policy may lack the text to replace."""
    stack = planned("prod")
    noticed: set[str] = set()
    fitted = 0
    for index, resource in enumerate(stack.resources):
        if resource.type != type_:
            continue
        properties = copy.deepcopy(dict(resource.properties))
        try:
            mutate(properties)
        except (AssertionError, IndexError, KeyError):
            continue
        fitted += 1
        changed = Stack(
            name=stack.name,
            production=stack.production,
            config=stack.config,
            resources=(
                *stack.resources[:index],
                dataclasses.replace(resource, properties=properties),
                *stack.resources[index + 1 :],
            ),
        )
        noticed |= {
            violation.rule.name
            for violation in judge(changed).violations
            if violation.rule.stack or violation.resource == resource.label
        }
    assert fitted, f"the program has no {type_} to which this can be done"
    assert rule in noticed


def as_an_engine_shows(value: Any) -> Any:
    """Returns the value with something that tells nothing, such as an id, for each reference of a plan."""
    if isinstance(value, str):
        return re.sub(r"<[^<>]+>", lambda reference: str(uuid.uuid5(uuid.NAMESPACE_URL, reference[0])), value)
    if isinstance(value, Mapping):
        return {key: as_an_engine_shows(each) for key, each in value.items()}
    return [as_an_engine_shows(each) for each in value] if isinstance(value, list | tuple) else value


@functools.cache
def as_an_engine_shows_it(stack: str) -> Stack:
    resources = tuple(
        dataclasses.replace(each, properties=as_an_engine_shows(each.properties)) for each in planned(stack).resources
    )
    return dataclasses.replace(planned(stack), resources=resources, config={})


@pytest.mark.parametrize(
    ("rule", "type_", "mutate"), [case for case in MUTATIONS if not NAMES[case[0]].plan_only], ids=_id
)
def test_a_rule_that_reads_a_plan_s_references_is_for_plans_only(rule: str, type_: str, mutate: Mutation) -> None:
    """A rule that an engine loads, too, notices the weakened argument where there are real values for references."""
    stack, noticed = as_an_engine_shows_it("prod"), False
    for index, resource in enumerate(planned("prod").resources):
        if resource.type != type_:
            continue
        properties = copy.deepcopy(dict(resource.properties))
        try:
            mutate(properties)
        except (AssertionError, IndexError, KeyError):
            continue
        weakened = dataclasses.replace(resource, properties=as_an_engine_shows(properties))
        resources = (*stack.resources[:index], weakened, *stack.resources[index + 1 :])
        found = violations(dataclasses.replace(stack, resources=resources), [NAMES[rule]])
        noticed |= bool(list(found))
    assert noticed


def test_a_resource_that_is_not_protected_any_more_is_noticed() -> None:
    stack = planned("prod")
    for weak in (CLUSTER, SERVER, TABLE, KMS):
        resources = tuple(
            type(each)(
                type=each.type, name=each.name, properties=each.properties, protect=each.type != weak and each.protect
            )
            for each in stack.resources
        )
        changed = Stack(name="prod", production=True, resources=resources, config=stack.config)
        assert "what-is-precious-is-protected" in {found.rule.name for found in judge(changed).violations}


def test_a_policy_that_is_left_out_is_noticed() -> None:
    stack = planned("prod")
    for gone, rule in (
        (POLICY, "namespaces-deny-by-default"),
        (BACKEND_TLS, "routes-lead-to-tls"),
        (BUDGET, "nodes-can-be-drained"),
        (ADMINISTRATOR, "people-administer-servers"),
        (LOGS, "functions-write-to-a-group-of-the-stack"),
    ):
        resources = tuple(each for each in stack.resources if each.type != gone)
        changed = Stack(name="prod", production=True, resources=resources, config=stack.config)
        assert rule in {found.rule.name for found in judge(changed).violations}


def test_missing_tags_of_aws_are_noticed() -> None:
    stack = planned("prod")
    changed = Stack(name="prod", production=True, resources=stack.resources, config={})
    assert "aws-tags-everything" in {found.rule.name for found in judge(changed).violations}
