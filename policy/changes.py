"""Rules over what a change does to a stack that is already there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from local.changes import PRECIOUS, Change
from policy.rule import Finding, Rule, Violation

PRECIOUS_STAYS = Rule(
    name="precious-stays",
    why="A cluster, database or table that is deleted or replaced takes its content with it",
    source="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types=tuple(PRECIOUS),
)


def judge_changes(changes: Iterable[Change]) -> Iterator[Violation]:
    for change in changes:
        if change.loses:
            resource = f"{change.resource.type} {change.resource.name}"
            yield Violation(rule=PRECIOUS_STAYS, resource=resource, finding=_finding(change))


def _finding(change: Change) -> Finding:
    if change.operation == "replace":
        before, after = change.properties[change.replacing[0]]
        return Finding(
            property=", ".join(change.replacing),
            allowed=f"stay {before!r}",
            given=after,
            do=f"This replaces the resource and loses {change.loses}: take the change back, or build a second one "
            "beside it, move over, and remove the first with an exemption.",
        )
    keep = "Keep it under its new name with an alias (pulumi.Alias)." if change.twin else "Move what is in it first."
    return Finding(property="it", allowed="stay", given="a deletion", do=f"This loses {change.loses}. {keep}")
