"""Rules for what a change does to a stack that is already there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planning.changes import PRECIOUS, Change
from planning.plan import Planned
from policy.rule import Finding, Rule, Violation

PRECIOUS_STAYS = Rule(
    name="precious-stays",
    why="A cluster, database or table that is deleted or replaced takes its content with it",
    source="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types=tuple(PRECIOUS),
)

_AUTHORITY, _LEAF = "tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert"
AUTHORITIES_OVERLAP = Rule(
    name="authorities-overlap",
    why="A peer that does not trust an authority refuses everybody whose certificate it signed",
    source="https://kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates/",
    types=(_AUTHORITY,),
)
RULES = (PRECIOUS_STAYS, AUTHORITIES_OVERLAP)
"""The rules that the functions below apply."""


def judge_changes(changes: Iterable[Change]) -> Iterator[Violation]:
    """Yields a violation for each change that loses content."""
    for change in changes:
        if change.loses:
            resource = f"{change.resource.type} {change.resource.name}"
            yield Violation(rule=PRECIOUS_STAYS, resource=resource, finding=_finding(change))


def _finding(change: Change) -> Finding:
    """Returns what a change loses, and what to do instead."""
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


def judge_authorities(before: Sequence[Planned], after: Sequence[Planned]) -> Iterator[Violation]:
    """Yields a violation for each authority that signs before or after the change and is not trusted on both sides.

    A rotation therefore takes three changes.
    """
    (trusted_before, signing_before), (trusted_after, signing_after) = _authorities(before), _authorities(after)
    if not trusted_before:
        return
    for urn in sorted(signing_after - trusted_before.keys()):
        yield _cut_off(
            trusted_after[urn],
            allowed="be trusted by what runs before it signs",
            given="a new authority that signs at once",
            do="Add its label at the end of certificates.authorities, deploy that, then put it first.",
        )
    for urn in sorted(signing_before - trusted_after.keys()):
        yield _cut_off(
            trusted_before[urn],
            allowed="stay while what it signed is in use",
            given="a deletion",
            do="Keep its label in certificates.authorities behind the one that signs, deploy that, then remove it.",
        )


def _authorities(planned: Sequence[Planned]) -> tuple[dict[str, Planned], set[str]]:
    """Returns the authorities that are trusted, by URN, and the URNs of those that sign."""
    trusted = {each.urn: each for each in planned if each.type == _AUTHORITY}
    signing = {urn for each in planned if each.type == _LEAF for urn in each.dependencies if urn in trusted}
    return trusted, signing


def _cut_off(authority: Planned, *, allowed: str, given: str, do: str) -> Violation:
    finding = Finding(property="it", allowed=allowed, given=given, do=do)
    return Violation(rule=AUTHORITIES_OVERLAP, resource=f"{authority.type} {authority.name}", finding=finding)
