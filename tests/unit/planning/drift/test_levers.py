"""Levers are on the runbook, and values are hidden unless they are surely harmless."""

from __future__ import annotations

import re
from typing import Any

import pytest

from planning.drift.finding import Difference, Drifted
from planning.drift.levers import LEVERS, lever
from planning.drift.masking import ABSENT, HIDDEN, shown
from planning.drift.stores import SECTION, STORES
from planning.wire import secret
from tests.support.program import ROOT, STACKS, deployed

PAGE = (ROOT / "docs" / "runbook.md").read_text()
HEADINGS = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("each", LEVERS, ids=lambda each: each.name)
def test_a_lever_is_in_a_section_of_the_runbook_and_in_its_table(each: Any) -> None:
    assert each.section in HEADINGS
    assert f"| {each.name} |" in PAGE


def test_every_row_of_the_runbook_s_table_is_a_lever() -> None:
    table = PAGE.partition("| lever | on | section |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([^|-][^|]*) \|", table, re.MULTILINE) == [each.name for each in LEVERS]


def test_the_types_of_levers_and_stores_are_the_program_s() -> None:
    types = {r.type for stack in STACKS for r in deployed(stack, False).resources}
    assert {type_ for each in LEVERS for type_ in each.types} - types == set()
    assert STORES.keys() - types <= {"azure-native:keyvault:Vault"}
    assert SECTION.partition(", ")[2] in HEADINGS


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "batchSize"),
        ("aws:lambda/function:Function", "environment.variables.X"),
        ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers[0].image"),
        ("kubernetes:core/v1:Service", "spec.replicas"),
    ],
)
def test_what_no_emergency_asks_for_is_no_lever(type_: str, path: str) -> None:
    assert lever(type_, path) is None


def test_a_resource_with_a_lever_and_more_is_two_findings() -> None:
    differences = tuple(Difference(path=path, before="1", after="2") for path in ("enabled", "batchSize"))
    drifted = Drifted(urn="u", type=LEVERS[0].types[0], name="n", differences=differences)
    found = {each.lever: [d.path for d in each.differences] for each in drifted.by_lever()}
    assert found == {LEVERS[0]: ["enabled"], None: ["batchSize"]}


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("visibilityTimeoutSeconds", 5, "5"),
        ("share", 0.5, "0.5"),
        ("enabled", False, "false"),
        ("tags.owner", None, ABSENT),
        ("functionVersion", "42", "42"),
        ("routes[0].routeKey", "GET /orders", "GET /orders"),
        ("functionVersion", "x" * 61, HIDDEN),
        ("functionVersion", "a\nb", HIDDEN),
        ("tags.owner", "bob", HIDDEN),
        ("environment.variables.runtime", "hunter2", HIDDEN),
        ("data.state", "hunter2", HIDDEN),
        ("password", 1234, HIDDEN),
        ("environment.variables.API_TOKEN", True, HIDDEN),
        ("data.pin", 1234, HIDDEN),
        ("count", secret(3), HIDDEN),
        ("items", [1, 2], HIDDEN),
    ],
)
def test_only_what_is_surely_harmless_is_shown(path: str, value: object, text: str) -> None:
    assert shown(path, value) == text
    if value is not None:
        assert shown(path, value, secret=True) == HIDDEN
