"""Judges a stack by all rules: what is wrong, and which exemptions nothing needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policy.exemptions import EXEMPTIONS, Exemption
from policy.rule import Rule, Stack, Violation
from policy.rules import RULES


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict of the rules on a stack."""

    violations: tuple[Violation, ...]
    """The violations without an exemption."""
    exempted: tuple[tuple[Violation, Exemption], ...]
    """The violations with an exemption."""
    unneeded: tuple[Exemption, ...]
    """The exemptions that nothing needs."""

    @property
    def good(self) -> bool:
        """True if the stack may be deployed."""
        return not self.violations and not self.unneeded


def violations(stack: Stack, rules: Iterable[Rule] = RULES) -> Iterator[Violation]:
    """Yields every finding of every rule that applies, exempted or not."""
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
    """Returns the verdict on a stack. `changes` is what the change itself violates (policy.changes)."""
    everything = [*changes, *violations(stack, rules)]
    here = [exemption for exemption in exemptions if stack.name in exemption.stacks]
    exempted = [(violation, by) for violation in everything for by in here if by.covers(violation)]
    covered, needed = [violation for violation, _ in exempted], [by for _, by in exempted]
    return Verdict(
        violations=tuple(violation for violation in everything if violation not in covered),
        exempted=tuple(exempted),
        unneeded=tuple(exemption for exemption in here if exemption not in needed),
    )
