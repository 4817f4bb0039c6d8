from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy.exemptions import EXEMPTIONS, Exemption
from policy.judge import judge
from policy.rule import Finding, Resource, Rule, Stack, expect
from policy.rules import RULES

TYPE = "aws:sqs/queue:Queue"


def closed(resource: Resource) -> Iterator[Finding]:
    yield from expect(resource, "door.open", False, do="Close it.")


RULE = Rule(name="doors-are-closed", why="It is cold", source="https://example.com", types=(TYPE,), resource=closed)
EXEMPTION = Exemption(rule=RULE.name, type=TYPE, name="summer", property="door.*", reason="it is warm", stacks=("dev",))


def stack(name: str = "dev", **doors: Any) -> Stack:
    resources = tuple(Resource(type=TYPE, name=key, properties={"door": {"open": o}}) for key, o in doors.items())
    return Stack(name=name, production=False, resources=resources, config={})


def test_a_violation_is_one_sentence_that_says_what_to_do() -> None:
    (violation,) = judge(stack(winter=True), rules=[RULE], exemptions=()).violations
    assert str(violation) == (
        "aws:sqs/queue:Queue winter: door.open must be false; given true. Close it. [doors-are-closed: It is cold]"
    )


def test_an_absent_property_breaks_the_rule() -> None:
    (violation,) = judge(stack(winter=None), rules=[RULE], exemptions=()).violations
    assert "given nothing" in str(violation)


def test_an_exemption_covers_its_resource_in_its_stacks_only() -> None:
    assert judge(stack(summer=True), rules=[RULE], exemptions=[EXEMPTION]).good
    assert not judge(stack(winter=True, summer=True), rules=[RULE], exemptions=[EXEMPTION]).good
    assert not judge(stack("prod", summer=True), rules=[RULE], exemptions=[EXEMPTION]).good


def test_an_exemption_that_is_not_needed_is_an_error() -> None:
    verdict = judge(stack(summer=False), rules=[RULE], exemptions=[EXEMPTION])
    assert (verdict.good, verdict.unneeded) == (False, (EXEMPTION,))


def test_every_exemption_names_a_rule_and_argues() -> None:
    names = {rule.name for rule in RULES}
    for exemption in EXEMPTIONS:
        assert exemption.rule in names
        assert len(exemption.reason.split()) >= 10
        assert "*" not in exemption.name
