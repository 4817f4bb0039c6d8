"""The rules as a policy pack that a Pulumi engine loads (CrossGuard): `pulumi up --policy-pack policy/crossguard`.

An engine shows each resource as it is declared, with its real values; rules that need a plan (`plan_only`) and rules
over changes are for `python -m policy`. https://www.pulumi.com/docs/iac/crossguard/
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policy.exemptions import EXEMPTIONS
from policy.judge import violations
from policy.rule import COMPUTED, Resource, Rule, Stack
from policy.rules import RULES

NAME = "crosscloud"
"""The project's name, with which the types of its components begin."""


class Inputs:
    """The inputs that the resources were declared with, by URN.

    A stack is judged by them: its own properties are outputs, where an autoscaler's replicas look like the program's.
    """

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._lock = threading.Lock()

    def add(self, urn: str, resource: Resource) -> None:
        """Keeps the inputs of a resource."""
        with self._lock:
            self._resources[urn] = resource

    def of(self, urns: Sequence[str]) -> dict[str, Resource]:
        """Returns the inputs of those of the resources that are known."""
        with self._lock:
            return {urn: self._resources[urn] for urn in urns if urn in self._resources}


def policies(rules: Sequence[Rule] = RULES) -> list[Policy]:
    """Returns a policy for each rule that an engine can check, and one that records what the others need."""
    inputs = Inputs()
    return [_policy(rule, inputs) for rule in rules if not rule.plan_only] + [_recorder(inputs)]


def _recorder(inputs: Inputs) -> Policy:
    def record(args: ResourceValidationArgs, _report: ReportViolation) -> None:
        inputs.add(args.urn, _resource(args))

    return ResourceValidationPolicy(
        name="records-inputs",
        description="Remembers what resources are declared with, for the rules over the whole stack.",
        validate=record,
        enforcement_level=EnforcementLevel.MANDATORY,
    )


def _policy(rule: Rule, inputs: Inputs) -> Policy:
    if rule.stack:
        return StackValidationPolicy(
            name=rule.name,
            description=f"{rule.why}.",
            url=rule.source,
            enforcement_level=EnforcementLevel.MANDATORY,
            validate=_whole(rule, inputs),
        )
    return ResourceValidationPolicy(
        name=rule.name,
        description=f"{rule.why}.",
        url=rule.source,
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=_single(rule),
    )


def _single(rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type in rule.types:
            for sentence, _ in _sentences(rule, _stack([_resource(args)])):
                report(sentence, None)

    return validate


def _whole(rule: Rule, inputs: Inputs) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        known = inputs.of([resource.urn for resource in args.resources])
        urns = {resource.label: urn for urn, resource in known.items()}
        for sentence, label in _sentences(rule, _stack(list(known.values()))):
            report(sentence, urns.get(label))

    return validate


def _sentences(rule: Rule, stack: Stack) -> Iterator[tuple[str, str]]:
    exemptions = [exemption for exemption in EXEMPTIONS if stack.name in exemption.stacks]
    for violation in violations(stack, [rule]):
        # What is not known in a preview is judged again, with its value, in the update.
        unknown = COMPUTED in str(violation.finding.given)
        if not unknown and not any(exemption.covers(violation) for exemption in exemptions):
            yield str(violation), violation.resource


def _stack(resources: Sequence[Resource]) -> Stack:
    production = pulumi.Config(pulumi.get_project()).get_bool("production") is True
    judged = tuple(resource for resource in resources if _is_judged(resource))
    return Stack(name=pulumi.get_stack(), production=production, resources=judged, config={})


def _is_judged(resource: Resource) -> bool:
    """Returns False for what the program does not declare, and for what an engine shows without any input.

    The program does not declare the stack itself and the default providers, which an engine adds and names `default`,
    `default_7_51_1` or the like: the stack's file configures them, and its settings are checked. Of components the
    children are judged. Without inputs come components that a provider makes, such as a Helm chart, and new resources
    that an update leaves out (`--target`, `--exclude`): a plan has judged those (`python -m policy`).
    """
    default_provider = resource.type.startswith("pulumi:providers:") and resource.name.startswith("default")
    component = resource.type.startswith((f"{NAME}:", "pulumi:pulumi:"))
    return bool(resource.properties) and not default_provider and not component


def _resource(args: ResourceValidationArgs) -> Resource:
    properties = _plain(args.props)
    return Resource(type=args.resource_type, name=args.name, properties=properties, protect=args.opts.protect)


def _plain(value: Any) -> Any:
    """Returns the value without the proxies that raise where something is not known yet.

    `<computed>` stands for what is not known, as in a plan.
    """
    if isinstance(value, Mapping):
        return {key: _known(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_known(value, index) for index in range(len(value))]
    return value


def _known(holder: Any, key: Any) -> Any:
    try:
        return _plain(holder[key])
    except UnknownValueError:
        return COMPUTED
