"""A stack against all rules: what is wrong, and which exemptions are needed for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policy.exemptions import EXEMPTIONS, Exemption
from policy.rule import Rule, Stack, Violation
from policy.rules import RULES


@dataclass(frozen=True, kw_only=True)
class Verdict:
    violations: tuple[Violation, ...]
    exempted: tuple[tuple[Violation, Exemption], ...]
    unneeded: tuple[Exemption, ...]

    @property
    def good(self) -> bool:
        return not self.violations and not self.unneeded


def violations(stack: Stack, rules: Iterable[Rule] = RULES) -> Iterator[Violation]:
    """Every finding of every rule that applies, exempted or not."""
    for rule in rules:
        if not rule.applies(stack):
            continue
        if rule.resource:
            for resource in stack.of(*rule.types):
                for finding in rule.resource(resource):
                    yield Violation(rule=rule, resource=resource.label, finding=finding)
        if rule.stack:
            for finding in rule.stack(stack):
                label = finding.resource.label if finding.resource else f"stack {stack.name}"
                yield Violation(rule=rule, resource=label, finding=finding)


def judge(
    stack: Stack,
    *,
    changes: Sequence[Violation] = (),
    rules: Iterable[Rule] = RULES,
    exemptions: Sequence[Exemption] = EXEMPTIONS,
) -> Verdict:
    """`changes` are what the change itself violates (policy.changes)."""
    found = [*changes, *violations(stack, rules)]
    here = [exemption for exemption in exemptions if stack.name in exemption.stacks]
    exempted = [(each, by) for each in found for by in here if by.covers(each)]
    covered, needed = [each for each, _ in exempted], [by for _, by in exempted]
    return Verdict(
        violations=tuple(each for each in found if each not in covered),
        exempted=tuple(exempted),
        unneeded=tuple(exemption for exemption in here if exemption not in needed),
    )
